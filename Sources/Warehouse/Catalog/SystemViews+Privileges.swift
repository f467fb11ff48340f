extension SystemTables {
  /// Users and what was granted: what Redshift's pages PG_USER, SVV_USER_INFO, SVV_ROLES,
  /// SVV_USER_GRANTS, SVV_ROLE_GRANTS, SVV_RELATION_PRIVILEGES and SVV_SCHEMA_PRIVILEGES document.
  static let privilegeViews = [
    """
    CREATE OR REPLACE VIEW weir.user_account AS
    SELECT 100::BIGINT AS id, 'weir' AS name, true AS createdb, true AS superuser,
           '{}'::JSON AS options
    UNION ALL
    SELECT id, name, (options ->> '$.CREATEDB') IS NOT NULL
             AND (options ->> '$.NOCREATEDB') IS NULL,
           (options ->> '$.CREATEUSER') IS NOT NULL
             AND (options ->> '$.NOCREATEUSER') IS NULL, options
      FROM weir.principal WHERE kind = 'user'
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_user AS
    SELECT name AS usename, id::INTEGER AS usesysid, createdb AS usecreatedb,
           superuser AS usesuper, false AS usecatupd, '********' AS passwd,
           options ->> '$."VALID UNTIL"' AS valuntil, NULL::VARCHAR AS useconfig
      FROM weir.user_account
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_group AS
    SELECT g.name AS groname, g.id::INTEGER AS grosysid,
           (SELECT '{' || string_agg(u.id::VARCHAR, ',') || '}' FROM weir.membership m
              JOIN weir.user_account u ON u.name = m.member
             WHERE m.container_kind = 'group' AND m.container = g.name) AS grolist
      FROM weir.principal g WHERE g.kind = 'group'
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_user_info AS
    SELECT name AS user_name, id::INTEGER AS user_id, createdb, superuser,
           false AS catalog_update,
           coalesce(options ->> '$."CONNECTION LIMIT"', 'UNLIMITED') AS connection_limit,
           coalesce(upper(options ->> '$."SYSLOG ACCESS"'), 'RESTRICTED') AS syslog_access,
           NULL::TIMESTAMP AS last_ddl_timestamp,
           coalesce(TRY_CAST(options ->> '$."SESSION TIMEOUT"' AS INTEGER), 0) AS session_timeout,
           options ->> '$.EXTERNALID' AS external_user_id
      FROM weir.user_account
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_roles AS
    SELECT id::INTEGER AS role_id, name AS role_name, owner AS role_owner,
           options ->> '$.EXTERNALID' AS external_id
      FROM weir.principal WHERE kind = 'role'
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_user_grants AS
    SELECT u.id::INTEGER AS user_id, u.name AS user_name, r.id::INTEGER AS role_id,
           m.container AS role_name, m.has_option AS admin_option
      FROM weir.membership m JOIN weir.user_account u ON u.name = m.member
      LEFT JOIN weir.principal r ON r.kind = 'role' AND r.name = m.container
     WHERE m.container_kind = 'role' AND m.member_kind = 'user'
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_role_grants AS
    SELECT r.id::INTEGER AS role_id, m.member AS role_name, g.id::INTEGER AS granted_role_id,
           m.container AS granted_role_name
      FROM weir.membership m
      LEFT JOIN weir.principal r ON r.kind = 'role' AND r.name = m.member
      LEFT JOIN weir.principal g ON g.kind = 'role' AND g.name = m.container
     WHERE m.container_kind = 'role' AND m.member_kind = 'role'
    """,
    """
    CREATE OR REPLACE VIEW weir.granted_privilege AS
    SELECT p.*, coalesce(u.id, i.id, 0)::INTEGER AS identity_id
      FROM weir.privilege p
      LEFT JOIN weir.user_account u ON p.grantee_kind = 'user' AND u.name = p.grantee
      LEFT JOIN weir.principal i ON i.kind = p.grantee_kind AND i.name = p.grantee
                                AND p.grantee_kind <> 'user'
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_relation_privileges AS
    SELECT schema_name AS namespace_name, object_name AS relation_name,
           privilege AS privilege_type, identity_id, grantee AS identity_name,
           grantee_kind AS identity_type, has_option AS admin_option
      FROM weir.granted_privilege WHERE object_kind = 'relation'
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_schema_privileges AS
    SELECT object_name AS namespace_name, privilege AS privilege_type, identity_id,
           grantee AS identity_name, grantee_kind AS identity_type, has_option AS admin_option
      FROM weir.granted_privilege WHERE object_kind = 'schema'
    """,
  ]
}
