"""The database itself keeps the three administrators apart: from each other, and from every other role."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION departments_one_administrator_role(person bigint) RETURNS void AS $$
DECLARE
    roles text[];
BEGIN
    -- Two sessions that give one person a role at the same moment wait for each other here.
    PERFORM 1 FROM departments_user WHERE id = person FOR UPDATE;
    SELECT array_agg(DISTINCT r.role) INTO roles
        FROM departments_membership m JOIN departments_rolegroup r ON r.group_id = m.group_id
        WHERE m.user_id = person;
    IF cardinality(roles) > 1
        AND roles && ARRAY['system-administrator', 'security-administrator', 'audit-administrator'] THEN
        RAISE EXCEPTION 'An administrator role cannot be combined with another role: %', roles
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_administrator_role';
    END IF;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_check_membership() RETURNS trigger AS $$
BEGIN
    PERFORM public.departments_one_administrator_role(NEW.user_id);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION departments_check_role_group() RETURNS trigger AS $$
BEGIN
    PERFORM public.departments_one_administrator_role(user_id)
        FROM public.departments_membership WHERE group_id = NEW.group_id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER one_administrator_role AFTER INSERT OR UPDATE ON departments_membership
    FOR EACH ROW EXECUTE FUNCTION departments_check_membership();
CREATE TRIGGER one_administrator_role AFTER INSERT OR UPDATE ON departments_rolegroup
    FOR EACH ROW EXECUTE FUNCTION departments_check_role_group();
"""

BACKWARDS = """
DROP TRIGGER one_administrator_role ON departments_membership;
DROP TRIGGER one_administrator_role ON departments_rolegroup;
DROP FUNCTION departments_check_membership();
DROP FUNCTION departments_check_role_group();
DROP FUNCTION departments_one_administrator_role(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("departments", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
