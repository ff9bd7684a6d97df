"""The database itself keeps the administrators apart and demands two persons (docs/decisions/0013).

Every rule here holds for the application's login, whatever statement it sends. The login that owns the tables installs:
it gives the first roles, when nobody is there yet to confirm them.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("apps.departments.migrations.0002_one_administrator_role").FORWARDS

HELPERS = """
-- Whether the statement comes from the login that owns the tables, not from the application.
CREATE FUNCTION departments_installing() RETURNS boolean AS $$
    SELECT pg_has_role(session_user, relowner, 'USAGE') OR pg_has_role(current_user, relowner, 'USAGE')
        FROM pg_class WHERE oid = 'public.departments_user'::regclass
$$ LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_administrators() RETURNS text[] AS $$
    SELECT ARRAY['system-administrator', 'security-administrator', 'audit-administrator']
$$ LANGUAGE sql IMMUTABLE;

-- Whether an active person holds the role; who takes it away at this moment waits until this transaction ends.
CREATE FUNCTION departments_holds(person bigint, wanted text) RETURNS boolean AS $$
BEGIN
    PERFORM 1 FROM departments_user u
        JOIN departments_membership m ON m.user_id = u.id
        JOIN departments_rolegroup r ON r.group_id = m.group_id
        WHERE u.id = person AND u.is_active AND r.role = wanted
        FOR SHARE OF u, m;
    RETURN FOUND;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE OR REPLACE FUNCTION departments_one_administrator_role(person bigint) RETURNS void AS $$
DECLARE
    roles text[];
    above boolean;
BEGIN
    -- Two sessions that give one person something at the same moment wait for each other here.
    SELECT is_superuser INTO above FROM departments_user WHERE id = person FOR UPDATE;
    SELECT array_agg(DISTINCT r.role) INTO roles
        FROM departments_membership m JOIN departments_rolegroup r ON r.group_id = m.group_id
        WHERE m.user_id = person;
    IF cardinality(roles) > 1 AND roles && departments_administrators() THEN
        RAISE EXCEPTION 'An administrator role cannot be combined with another role: %', roles
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_administrator_role';
    END IF;
    IF roles && departments_administrators() AND (
        EXISTS (SELECT FROM departments_departmentuserobjectpermission WHERE user_id = person)
        OR EXISTS (SELECT FROM departments_user_user_permissions WHERE user_id = person)
    ) THEN
        RAISE EXCEPTION 'An administrator holds no grant on a department and no permission besides the role'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrator_without_grants';
    END IF;
    IF above AND (
        roles IS NOT NULL OR EXISTS (SELECT FROM departments_departmentuserobjectpermission WHERE user_id = person)
    ) THEN
        RAISE EXCEPTION 'A superuser holds no role and no grant'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'superuser_without_role';
    END IF;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

-- Refuses what two persons did not agree on in this very transaction: an agreement is used once.
CREATE FUNCTION departments_two_persons(
    what text, person bigint, team integer, kind_of_right integer, place bigint, above bigint
) RETURNS void AS $$
BEGIN
    PERFORM 1 FROM departments_twopersonchange c
        WHERE c.act = what AND c.state = 'confirmed' AND c.decided_at = now()
            AND (c.person_id, c.group_id, c.permission_id, c.department_id, c.parent_id)
                IS NOT DISTINCT FROM (person, team, kind_of_right, place, above);
    IF NOT FOUND AND NOT departments_installing() THEN
        RAISE EXCEPTION 'This takes two persons: % was not confirmed in this transaction', what
            USING ERRCODE = 'check_violation', CONSTRAINT = 'two_persons',
                HINT = 'One administrator proposes it, another one confirms it; the owner''s login installs.';
    END IF;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;
"""

CHANGES = """
CREATE FUNCTION departments_check_change() RETURNS trigger AS $$
DECLARE
    actor bigint := nullif(current_setting('app.user_id', true), '')::bigint;
    proposer text := CASE WHEN NEW.act IN ('move', 'end-four-eyes')
        THEN 'system-administrator' ELSE 'security-administrator' END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.decided_by_id IS NOT NULL OR NEW.decided_at IS NOT NULL THEN
            RAISE EXCEPTION 'A change is proposed first and decided later'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'proposed_first';
        END IF;
        IF NEW.proposed_by_id IS DISTINCT FROM actor OR NOT departments_holds(actor, proposer) THEN
            RAISE EXCEPTION 'Only an active % proposes this, in the own name', proposer
                USING ERRCODE = 'check_violation', CONSTRAINT = 'proposed_by_administrator';
        END IF;
        NEW.proposed_at := now();
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting' OR NEW.state = 'waiting' THEN
        RAISE EXCEPTION 'A two-person change is decided once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decided_once';
    END IF;
    IF (NEW.id, NEW.act, NEW.person_id, NEW.group_id, NEW.permission_id, NEW.department_id, NEW.parent_id,
            NEW.reason, NEW.proposed_by_id, NEW.proposed_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.id, OLD.act, OLD.person_id, OLD.group_id, OLD.permission_id, OLD.department_id,
            OLD.parent_id, OLD.reason, OLD.proposed_by_id, OLD.proposed_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'What was proposed is decided as it was proposed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decided_as_proposed';
    END IF;
    IF NEW.decided_by_id IS DISTINCT FROM actor OR NOT (
        CASE WHEN NEW.state = 'taken-back' THEN actor = NEW.proposed_by_id
            ELSE departments_holds(actor, 'security-administrator') END
    ) THEN
        RAISE EXCEPTION 'Only an active security administrator decides, in the own name; the proposer takes back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decided_by_administrator';
    END IF;
    IF NEW.state = 'confirmed' AND (NEW.expires_at <= now() OR NOT departments_holds(NEW.proposed_by_id, proposer)) THEN
        RAISE EXCEPTION 'It lapsed, or who proposed it is no % any more', proposer
            USING ERRCODE = 'check_violation', CONSTRAINT = 'still_standing';
    END IF;
    NEW.decided_at := now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_keep_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'Two-person changes are kept' USING ERRCODE = 'check_violation', CONSTRAINT = 'changes_are_kept';
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER check_change BEFORE INSERT OR UPDATE ON departments_twopersonchange
    FOR EACH ROW EXECUTE FUNCTION departments_check_change();
CREATE TRIGGER keep_change BEFORE DELETE ON departments_twopersonchange
    FOR EACH ROW EXECUTE FUNCTION departments_keep_change();
"""

ROLES = """
DROP TRIGGER one_administrator_role ON departments_rolegroup;
DROP FUNCTION departments_check_role_group();

CREATE OR REPLACE FUNCTION departments_check_membership() RETURNS trigger AS $$
BEGIN
    PERFORM departments_one_administrator_role(NEW.user_id);
    IF NOT EXISTS (SELECT FROM departments_rolegroup WHERE group_id = NEW.group_id) THEN
        RAISE EXCEPTION 'People belong to role groups only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_groups_only';
    END IF;
    IF EXISTS (
        SELECT FROM departments_twopersonchange c
            JOIN departments_departmentgroupobjectpermission g
                ON (g.group_id, g.permission_id, g.content_object_id) = (c.group_id, c.permission_id, c.department_id)
            WHERE c.act = 'group-grant' AND c.state = 'confirmed' AND c.group_id = NEW.group_id
                AND NEW.user_id IN (c.proposed_by_id, c.decided_by_id)
    ) THEN
        RAISE EXCEPTION 'Nobody uses a grant of their own giving: this group has one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'no_grant_of_own_giving';
    END IF;
    PERFORM departments_two_persons('role', NEW.user_id, NEW.group_id, NULL, NULL, NULL);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

-- A group becomes a role group while it is empty, and stays that one: nobody gets a role by the renaming of a group.
CREATE FUNCTION departments_check_role_group() RETURNS trigger AS $$
DECLARE
    team integer := CASE WHEN TG_OP = 'DELETE' THEN OLD.group_id ELSE NEW.group_id END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.group_id, NEW.department_id, NEW.role) = (OLD.group_id, OLD.department_id, OLD.role) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'A role group keeps its group, department and role'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_group_stays';
    END IF;
    IF EXISTS (SELECT FROM departments_membership WHERE group_id = team)
        OR EXISTS (SELECT FROM departments_departmentgroupobjectpermission WHERE group_id = team) THEN
        RAISE EXCEPTION 'A group that has members or grants does not become or cease to be a role group'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_group_empty';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM departments_check_page(NEW.role, permission_id) FROM auth_group_permissions WHERE group_id = team;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

-- Pages of the business are in other apps than these; a new app is closed to administrators until named here.
CREATE FUNCTION departments_check_page(office text, page integer) RETURNS void AS $$
BEGIN
    IF office = ANY (departments_administrators()) AND NOT EXISTS (
        SELECT FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
            WHERE p.id = page
                AND t.app_label IN ('accounts', 'admin', 'audit', 'catalogue', 'core', 'departments')
                AND (office <> 'audit-administrator' OR p.codename LIKE 'view\\_%')
    ) THEN
        RAISE EXCEPTION 'This page is none of the %', office
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pages_of_administrators';
    END IF;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_check_group_page() RETURNS trigger AS $$
BEGIN
    PERFORM departments_check_page(role, NEW.permission_id) FROM departments_rolegroup WHERE group_id = NEW.group_id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_check_own_page() RETURNS trigger AS $$
BEGIN
    PERFORM departments_one_administrator_role(NEW.user_id);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_check_user() RETURNS trigger AS $$
BEGIN
    IF NEW.is_superuser THEN
        PERFORM departments_one_administrator_role(NEW.id);
        IF NOT departments_installing() AND (TG_OP = 'INSERT' OR NOT OLD.is_superuser) THEN
            RAISE EXCEPTION 'The application makes no superusers'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'no_superusers';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.is_active AND NOT OLD.is_active AND NOT departments_installing() AND EXISTS (
        SELECT FROM departments_membership m JOIN departments_rolegroup r ON r.group_id = m.group_id
            WHERE m.user_id = NEW.id AND r.role = ANY (departments_administrators())
    ) THEN
        RAISE EXCEPTION 'An administrator comes back without the role; two persons give it anew'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrator_comes_back';
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE TRIGGER check_role_group BEFORE INSERT OR UPDATE OR DELETE ON departments_rolegroup
    FOR EACH ROW EXECUTE FUNCTION departments_check_role_group();
CREATE TRIGGER check_group_page AFTER INSERT OR UPDATE ON auth_group_permissions
    FOR EACH ROW EXECUTE FUNCTION departments_check_group_page();
CREATE TRIGGER check_own_page AFTER INSERT OR UPDATE ON departments_user_user_permissions
    FOR EACH ROW EXECUTE FUNCTION departments_check_own_page();
CREATE TRIGGER check_user AFTER INSERT OR UPDATE OF is_superuser, is_active ON departments_user
    FOR EACH ROW EXECUTE FUNCTION departments_check_user();
"""

GRANTS = """
-- The rights that a role brings by itself: on the own department, or on the root where it serves the whole city.
-- The same as PRESETS in apps/departments/roles.py, where a test compares them; only the owner can change them here.
CREATE FUNCTION departments_comes_with_role(team integer, kind_of_right integer, place bigint) RETURNS boolean AS $$
    SELECT EXISTS (
        SELECT FROM departments_rolegroup r
            JOIN departments_department own ON own.id = r.department_id
            JOIN departments_department d ON d.id = place
            JOIN auth_permission p ON p.id = kind_of_right
            JOIN (VALUES
                ('clerk', 'view_records', false), ('clerk', 'enter_records', false),
                ('reviewer', 'view_records', false), ('reviewer', 'enter_records', false),
                ('reviewer', 'review_records', false),
                ('viewer', 'view_records', false),
                ('centre-officer', 'view_records', true), ('centre-officer', 'handle_objections', true),
                ('office-lead', 'manage_tasks', true)
            ) AS preset (role, codename, citywide) ON preset.role = r.role AND preset.codename = p.codename
            WHERE r.group_id = team
                AND CASE WHEN citywide THEN d.path = split_part(own.path, '/', 1) || '/' ELSE d.id = own.id END
    )
$$ LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_check_person_grant() RETURNS trigger AS $$
BEGIN
    PERFORM departments_one_administrator_role(NEW.user_id);
    PERFORM departments_two_persons('person-grant', NEW.user_id, NULL, NEW.permission_id, NEW.content_object_id, NULL);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE FUNCTION departments_check_group_grant() RETURNS trigger AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM departments_rolegroup
            WHERE group_id = NEW.group_id AND NOT role = ANY (departments_administrators())
    ) THEN
        RAISE EXCEPTION 'Grants are given to role groups, never to one of administrators'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrator_without_grants';
    END IF;
    IF NOT departments_comes_with_role(NEW.group_id, NEW.permission_id, NEW.content_object_id) THEN
        PERFORM departments_two_persons(
            'group-grant', NULL, NEW.group_id, NEW.permission_id, NEW.content_object_id, NULL);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE TRIGGER check_grant AFTER INSERT OR UPDATE ON departments_departmentuserobjectpermission
    FOR EACH ROW EXECUTE FUNCTION departments_check_person_grant();
CREATE TRIGGER check_grant AFTER INSERT OR UPDATE ON departments_departmentgroupobjectpermission
    FOR EACH ROW EXECUTE FUNCTION departments_check_group_grant();
"""

DEPARTMENTS = """
-- Grants reach the departments below: where a department stands decides who sees its rows.
CREATE FUNCTION departments_check_department() RETURNS trigger AS $$
BEGIN
    IF NEW.path IS DISTINCT FROM
        coalesce((SELECT path FROM departments_department WHERE id = NEW.parent_id), '') || NEW.slug || '/' THEN
        RAISE EXCEPTION 'The path of department % does not follow from its parent', NEW.slug
            USING ERRCODE = 'check_violation', CONSTRAINT = 'path_of_department';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.parent_id IS DISTINCT FROM OLD.parent_id THEN
        PERFORM departments_two_persons('move', NULL, NULL, NULL, NEW.id, NEW.parent_id);
    END IF;
    IF NOT NEW.four_eyes AND (TG_OP = 'INSERT' OR OLD.four_eyes) THEN
        PERFORM departments_two_persons('end-four-eyes', NULL, NULL, NULL, NEW.id, NULL);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

CREATE TRIGGER check_department AFTER INSERT OR UPDATE OF slug, parent_id, path, four_eyes ON departments_department
    FOR EACH ROW EXECUTE FUNCTION departments_check_department();
"""

DUTIES = """
-- An administrator writes what the pages of the own role change, and nothing else: the auditor nothing at all.
-- Arguments: app and model, as django_content_type names them. Installed on every table that has a history and no row
-- security (apps/departments/duties.py).
CREATE FUNCTION departments_check_duty() RETURNS trigger AS $$
DECLARE
    person bigint := nullif(current_setting('app.user_id', true), '')::bigint;
    verb text := CASE TG_OP WHEN 'INSERT' THEN 'add' WHEN 'UPDATE' THEN 'change' ELSE 'delete' END;
    office text;
    team integer;
BEGIN
    SELECT r.role, r.group_id INTO office, team
        FROM departments_membership m JOIN departments_rolegroup r ON r.group_id = m.group_id
        WHERE m.user_id = person AND r.role = ANY (departments_administrators());
    IF FOUND AND NOT EXISTS (
        SELECT FROM auth_group_permissions g
            JOIN auth_permission p ON p.id = g.permission_id
            JOIN django_content_type t ON t.id = p.content_type_id
            WHERE g.group_id = team AND t.app_label = TG_ARGV[0] AND t.model = TG_ARGV[1]
                AND p.codename = verb || '_' || TG_ARGV[1]
    ) THEN
        RAISE EXCEPTION 'The % may not % a row of %', office, verb, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;

-- Everybody keeps a password, a language and the time of the last login in the own account.
CREATE TRIGGER check_duty BEFORE INSERT OR DELETE ON departments_user
    FOR EACH STATEMENT WHEN (nullif(current_setting('app.user_id', true), '') IS NOT NULL)
    EXECUTE FUNCTION departments_check_duty('departments', 'user');
CREATE TRIGGER check_duty_update AFTER UPDATE ON departments_user
    FOR EACH ROW WHEN (
        nullif(current_setting('app.user_id', true), '') IS NOT NULL
        AND (OLD.id::text <> current_setting('app.user_id', true)
            OR (OLD.username, OLD.name, OLD.department_id, OLD.is_active, OLD.is_staff, OLD.is_superuser, OLD.is_demo)
                IS DISTINCT FROM
                (NEW.username, NEW.name, NEW.department_id, NEW.is_active, NEW.is_staff, NEW.is_superuser, NEW.is_demo)))
    EXECUTE FUNCTION departments_check_duty('departments', 'user');
"""

BACKWARDS = """
DO $$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT tgname, tgrelid::regclass AS place FROM pg_trigger
        WHERE tgfoid = 'public.departments_check_duty'::regproc LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', each.tgname, each.place);
    END LOOP;
END $$;
DROP FUNCTION departments_check_duty();
DROP TRIGGER check_department ON departments_department;
DROP FUNCTION departments_check_department();
DROP TRIGGER check_grant ON departments_departmentuserobjectpermission;
DROP TRIGGER check_grant ON departments_departmentgroupobjectpermission;
DROP FUNCTION departments_check_person_grant();
DROP FUNCTION departments_check_group_grant();
DROP FUNCTION departments_comes_with_role(integer, integer, bigint);
DROP TRIGGER check_user ON departments_user;
DROP TRIGGER check_own_page ON departments_user_user_permissions;
DROP TRIGGER check_group_page ON auth_group_permissions;
DROP TRIGGER check_role_group ON departments_rolegroup;
DROP TRIGGER one_administrator_role ON departments_membership;
DROP FUNCTION departments_check_user();
DROP FUNCTION departments_check_own_page();
DROP FUNCTION departments_check_group_page();
DROP FUNCTION departments_check_page(text, integer);
DROP FUNCTION departments_check_role_group();
DROP FUNCTION departments_check_membership();
DROP TRIGGER keep_change ON departments_twopersonchange;
DROP TRIGGER check_change ON departments_twopersonchange;
DROP FUNCTION departments_keep_change();
DROP FUNCTION departments_check_change();
DROP FUNCTION departments_two_persons(text, bigint, integer, integer, bigint, bigint);
DROP FUNCTION departments_one_administrator_role(bigint);
DROP FUNCTION departments_holds(bigint, text);
DROP FUNCTION departments_administrators();
DROP FUNCTION departments_installing();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("departments", "0003_two_person_changes"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # Whoever goes back finds the rules of 0002 again.
    operations = [
        migrations.RunSQL(HELPERS, BACKWARDS + BEFORE),
        *(migrations.RunSQL(part, migrations.RunSQL.noop) for part in (CHANGES, ROLES, GRANTS, DEPARTMENTS, DUTIES)),
    ]
