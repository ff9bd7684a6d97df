"""A city of any size for measuring: invented subjects and records, skewed as those of a real city are.

``draws`` gives chance by column; ``subjects`` and ``people`` make whom records are about, ``pools`` draws from them;
``offices`` says who reports how much, ``content`` what the records say, ``records`` how far they have come; ``staging``
brings frames into the tables. Everything follows from the seed and the running number of a row. Nobody real is meant.
"""
