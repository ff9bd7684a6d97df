"""The database guards the second factors: only their owner adds and removes them, two administrators reset them."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION accounts_guard_factor() RETURNS trigger AS $$
DECLARE
    owner bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.user_id ELSE OLD.user_id END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'A second factor is replaced, never changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'factor_stays';
    END IF;
    IF nullif(current_setting('app.user_id', true), '')::bigint IS DISTINCT FROM owner THEN
        IF TG_OP = 'INSERT' THEN
            RAISE EXCEPTION 'People set up their second factors themselves'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'own_factor';
        END IF;
        PERFORM departments_two_persons('reset-factors', owner, NULL, NULL, NULL, NULL);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE TRIGGER guard_factor AFTER INSERT OR DELETE OR UPDATE OF user_id, kind, secret, wrapped_key ON accounts_factor
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_factor();
"""

BACKWARDS = """
DROP TRIGGER guard_factor ON accounts_factor;
DROP FUNCTION accounts_guard_factor();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_sessions_end"),
        ("departments", "0006_reset_of_factors"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
