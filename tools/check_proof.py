#!/usr/bin/env python3
"""Check the proof of a history, without the system that gave it.

    python3 check_proof.py PROOF.json [--published SEALS.jsonl] [--language zh|en]

Needs Python 3.8 and nothing else. Each row of the proof is hashed and led up the Merkle tree of its part, from there up
the tree of its seal, and must end at the root that the seal's line names. With a published list of seals (the copy you
hold yourself, not one you were given together with the proof) that line must stand in it, in an unbroken chain.

Exit code 0: everything fits. 1: something does not; the last line says what. 2: a file cannot be read.
"""

import argparse
import csv
import io
import json
import locale
import sys
from hashlib import sha256

FORMAT = "credit-city-history-proof/1"
KINDS = {"+": ("created", "新建"), "~": ("changed", "修改"), "-": ("deleted", "删除")}


class Wrong(Exception):
    """Something does not fit; carries the sentence in English and in Chinese."""


class Unreadable(Exception):
    """A file is not what it should be; carries the sentence in English and in Chinese."""


def root_from(digest, position, size, path):
    """RFC 9162, section 2.1.3.2: the root that a leaf leads to; None when the path cannot belong to it."""
    if not 0 <= position < size:
        return None
    index, last = position, size - 1
    for beside in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            digest = sha256(b"\1" + beside + digest).digest()
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            digest = sha256(b"\1" + digest + beside).digest()
        index, last = index // 2, last // 2
    return digest if last == 0 else None


def led_up(entry, size):
    """The root, in hexadecimal digits, that an entry's text leads to along its path."""
    leaf = sha256(b"\0" + entry["text"].encode()).digest()
    found = root_from(leaf, entry["position"], size, [bytes.fromhex(each) for each in entry["path"]])
    return found.hex() if found else None


def values_of(text):
    """The values in the text that PostgreSQL gives a row."""
    (values,) = csv.reader(io.StringIO(text[1:-1], newline=""), doublequote=True)
    return [each.replace("\\\\", "\\") for each in values]


def check_row(row, proof, chunks):
    """The columns of a row by name, after its text was led up to the root that its part names."""
    name = row["history_id"]
    chunk = chunks[row["chunk"]]
    if led_up(row, chunk["rows"]) != chunk["root"]:
        raise Wrong(f"row {name}: its text is not what was sealed", f"第 {name} 行：内容与封存时不一致")
    table, *values = values_of(row["text"])
    if not table == chunk["table"] == proof["table"] or len(values) != len(chunk["columns"]):
        raise Wrong(f"row {name}: it is of another table", f"第 {name} 行：属于另一张表")
    columns = dict(zip(chunk["columns"], values))
    if columns.get(proof["object_column"]) != proof["object"]:
        raise Wrong(f"row {name}: it is about another object", f"第 {name} 行：不是该对象的历史")
    if columns.get("history_id", str(name)) != str(name):
        raise Wrong(f"row {name}: it bears another number", f"第 {name} 行：编号不符")
    return columns


def check_chunk(entry, seals):
    """What the header of a part says, after it was led up to the root of its seal."""
    number = entry["seal"]
    if number not in seals:
        raise Wrong(f"seal {number}: its line is missing", f"封存 {number}：缺少该行")
    seal = json.loads(seals[number])
    if led_up(entry, seal["chunks"]) != seal["root"]:
        raise Wrong(f"seal {number}: a part does not belong to it", f"封存 {number}：有分块不属于该次封存")
    return json.loads(entry["text"])


def check_published(path, seals):
    """The number of the list's last seal, after each link was checked and each seal of the proof found in it."""
    previous, before = "0" * 64, 0
    missing = dict(seals)
    with open(path, "rb") as file:
        for count, text in enumerate(file, start=1):
            if not text.endswith(b"\n"):
                break  # cut off while it was written or copied
            line = text.rstrip(b"\n")
            try:
                seal = json.loads(line.decode())
                number, link = seal["number"], seal["previous"]
            except (ValueError, KeyError, TypeError):
                said = (f"published list, line {count}: not that of a seal", f"公布清单第 {count} 行：不是封存记录")
                raise Wrong(*said) from None
            if number != before + 1 or link != previous:
                raise Wrong(f"published list, line {count}: the chain is broken", f"公布清单第 {count} 行：链条断裂")
            if number in missing and missing.pop(number).encode() != line:
                raise Wrong(f"seal {number}: it was published otherwise", f"封存 {number}：与公布的内容不一致")
            previous, before = sha256(line).hexdigest(), number
    for number in sorted(missing):
        raise Wrong(
            f"seal {number}: not in the published list, which ends with {before}",
            f"封存 {number}：不在公布清单中（清单止于 {before}）",
        )
    return before


def check(proof, published, say):
    """Check everything and say what was found. Raises Wrong at the first thing that does not fit."""
    seals = {json.loads(line)["number"]: line for line in proof["seals"]}
    chunks = [check_chunk(entry, seals) for entry in proof["chunks"]]
    about = f"{proof['model']} {proof['object']}"
    say(f"History of {about}", f"{about} 的历史")
    proved = 0
    for row in proof["rows"]:
        name = row["history_id"]
        if "chunk" not in row:
            say(f"  row {name}: NOT sealed yet, nothing is proved of it", f"  第 {name} 行：尚未封存，不能证明")
            continue
        columns = check_row(row, proof, chunks)
        seal = json.loads(seals[proof["chunks"][row["chunk"]]["seal"]])
        english, chinese = KINDS.get(columns.get("history_type"), ("", ""))
        moment, number, sealed = columns.get("history_date", ""), seal["number"], seal["sealed_at"]
        say(
            f"  row {name}: {english} {moment}, seal {number} of {sealed}",
            f"  第 {name} 行：{chinese} {moment}，封存 {number}（{sealed}）",
        )
        proved += 1
    if published:
        last = check_published(published, seals)
        say(
            f"OK: {proved} rows are as they were sealed, and their seals stand in the published list (1 to {last}).",
            f"通过：{proved} 行与封存时一致，其封存载于公布清单（1 至 {last}）。",
        )
    else:
        say(
            f"OK in itself: {proved} rows fit their seals. Whether these seals are the true ones, only a published list"
            " can tell: --published",
            f"自身一致：{proved} 行与其封存相符。封存本身是否真实，须与公布清单核对：--published",
        )


def read_proof(path):
    """The content of a proof's file. Raises Unreadable, OSError."""
    with open(path, encoding="utf-8") as file:
        try:
            proof = json.load(file)
            if proof["format"] != FORMAT:
                raise KeyError
        except (ValueError, KeyError, TypeError):
            raise Unreadable(f"{path} is no proof of a history", f"{path} 不是历史证明文件") from None
    return proof


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proof", metavar="PROOF.json")
    parser.add_argument("--published", metavar="SEALS.jsonl")
    parser.add_argument("--language", choices=["zh", "en"])
    options = parser.parse_args()
    in_chinese = (options.language or (locale.getlocale()[0] or "")[:2]) == "zh"
    sys.stdout.reconfigure(encoding="utf-8")

    def say(english, chinese):
        print(chinese if in_chinese else english)

    try:
        proof = read_proof(options.proof)
        try:
            check(proof, options.published, say)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise Wrong("the proof is damaged", "证明文件已损坏") from None
    except Wrong as wrong:
        english, chinese = wrong.args
        say(f"WRONG: {english}", f"不一致：{chinese}")
        return 1
    except Unreadable as unreadable:
        english, chinese = unreadable.args
        say(f"cannot be checked: {english}", f"无法核验：{chinese}")
        return 2
    except OSError as error:
        say(f"cannot be checked: {error}", f"无法核验：{error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
