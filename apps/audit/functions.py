"""The functions that the owner keeps in the database besides those of the declared triggers.

They are installed by ``installation.install`` and compared with the database by ``checks``, so a hand that changed one
is found.
"""

from dataclasses import dataclass
from typing import Final, LiteralString

SCHEMA: Final = "history"
"""Holds the partitions and the owner's own functions. The application role has no right on it."""


@dataclass(frozen=True)
class Function:
    """A plpgsql function: ``head`` is what stands between its arguments and its body."""

    schema: LiteralString
    name: LiteralString
    arguments: LiteralString
    head: LiteralString
    body: LiteralString

    def definition(self, schema: LiteralString = "") -> LiteralString:
        """The statement that makes it, in its own schema or another."""
        return (
            f"CREATE OR REPLACE FUNCTION {schema or self.schema}.{self.name}({self.arguments}) {self.head}"
            f" AS $body${self.body}$body$ LANGUAGE plpgsql"
        )


ADD_MONTH: Final = Function(
    "history",
    "add_month",
    "parent regclass, first timestamptz",
    # Bounds are compared as texts, hence the fixed time zone; a month runs from midnight to midnight UTC.
    "RETURNS boolean SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'",
    """
DECLARE
    span constant text := format('FROM (%L) TO (%L)', first, first + interval '1 month');
    fallback regclass;
    moment name;
    columns text;
    plain name;
    partition text;
    options text;
BEGIN
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent AND pg_get_expr(c.relpartbound, c.oid) = 'FOR VALUES ' || span;
    IF FOUND THEN
        RETURN false;
    END IF;
    SELECT c.relname, p.partdefid, a.attname INTO STRICT plain, fallback, moment
        FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
        WHERE p.partrelid = parent;
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO STRICT columns
        FROM pg_attribute WHERE attrelid = parent AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    partition := format('history.%I', plain || to_char(first, '_YYYY_MM'));
    -- Attached when it is complete: writers of other months never wait, only those of the default partition do.
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE'
        ' INCLUDING COMPRESSION)', partition, parent);
    -- Vacuumed and analysed as its neighbours are.
    SELECT array_to_string(reloptions, ', ') INTO STRICT options FROM pg_class WHERE oid = fallback;
    IF options IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s SET (%s)', partition, options);
    END IF;
    EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', parent);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', fallback);
    EXECUTE format('WITH moved AS (DELETE FROM %1$s WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING %5$s)'
        ' INSERT INTO %6$s (%5$s) SELECT %5$s FROM moved',
        fallback, moment, first, first + interval '1 month', columns, partition);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES %s', parent, partition, span);
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_truncate()', partition);
    RETURN true;
END;
""",
)

ADD_MONTHS_AHEAD: Final = Function(
    "history",
    "add_months_ahead",
    "parent regclass",
    "RETURNS integer SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC'",
    """
DECLARE
    made integer := 0;
    ahead integer;
BEGIN
    FOR ahead IN 0..3 LOOP
        IF history.add_month(parent, date_trunc('month', now()) + make_interval(months => ahead)) THEN
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END;
""",
)

MAKE_MONTHS: Final = Function(
    "public",
    "make_months_ahead",
    "",
    # Readers of a whole table queue behind the lock on its default partition: rather give up and come again.
    "RETURNS integer SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'",
    """
DECLARE
    made integer := 0;
    parent regclass;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_months_ahead'));
    FOR parent IN
        SELECT p.partrelid FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partdefid
        WHERE c.relnamespace = 'history'::regnamespace ORDER BY p.partrelid
    LOOP
        made := made + history.add_months_ahead(parent);
    END LOOP;
    RETURN made;
END;
""",
)

ANALYZE_MONTHS: Final = Function(
    "public",
    "analyze_months",
    "",
    # PostgreSQL analyses the partitions by itself and never the table that they make up.
    "RETURNS void SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'",
    """
DECLARE
    parent regclass;
BEGIN
    FOR parent IN
        SELECT p.partrelid FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partdefid
        WHERE c.relnamespace = 'history'::regnamespace ORDER BY p.partrelid
    LOOP
        EXECUTE format('ANALYZE %s', parent);
    END LOOP;
END;
""",
)

REFUSE_TRUNCATE: Final = Function(
    "public",
    "refuse_truncate",
    "",
    "RETURNS trigger SET search_path = pg_catalog, pg_temp",
    """
BEGIN
    RAISE EXCEPTION 'TRUNCATE of %.% is refused: it would leave no history.', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Use DELETE: each row that goes is kept in the history.';
END;
""",
)

REFUSE_NEW_KEY: Final = Function(
    "public",
    "refuse_new_key",
    "",
    "RETURNS trigger SET search_path = pg_catalog, pg_temp",
    """
BEGIN
    RAISE EXCEPTION 'The primary key of a row in %.% is refused another value: its history would break off.',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Insert a new row and delete the old one.';
END;
""",
)

FUNCTIONS: Final = (REFUSE_TRUNCATE, REFUSE_NEW_KEY, ADD_MONTH, ADD_MONTHS_AHEAD, MAKE_MONTHS, ANALYZE_MONTHS)
