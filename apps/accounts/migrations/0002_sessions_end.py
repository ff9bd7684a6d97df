"""The database itself ends a person's sessions when the password, the roles or the standing of the account change,
whatever door the change comes through."""

from django.db import migrations

FORWARDS = """
-- The table of the session engine that was used before.
DROP TABLE IF EXISTS django_session;

CREATE FUNCTION accounts_end_sessions_of_user() RETURNS trigger AS $$
BEGIN
    DELETE FROM public.accounts_session WHERE user_id = NEW.id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION accounts_end_sessions_of_member() RETURNS trigger AS $$
BEGIN
    DELETE FROM public.accounts_session WHERE user_id IN (OLD.user_id, NEW.user_id);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER end_sessions AFTER UPDATE OF password, is_active, is_staff, is_superuser ON departments_user
    FOR EACH ROW
    WHEN ((OLD.password, OLD.is_active, OLD.is_staff, OLD.is_superuser)
        IS DISTINCT FROM (NEW.password, NEW.is_active, NEW.is_staff, NEW.is_superuser))
    EXECUTE FUNCTION accounts_end_sessions_of_user();
CREATE TRIGGER end_sessions AFTER INSERT OR UPDATE OR DELETE ON departments_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_end_sessions_of_member();
"""

BACKWARDS = """
DROP TRIGGER end_sessions ON departments_user;
DROP TRIGGER end_sessions ON departments_membership;
DROP FUNCTION accounts_end_sessions_of_user();
DROP FUNCTION accounts_end_sessions_of_member();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("departments", "0002_one_administrator_role"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
