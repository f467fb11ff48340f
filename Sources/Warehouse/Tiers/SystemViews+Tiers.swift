extension SystemTables {
  /// Where rows lie, how many, and what they cost. What is not known is NULL, never 0.
  static let tierViews = [
    "CREATE OR REPLACE VIEW weir.sys_weir_prices AS SELECT * FROM weir_prices()",
    """
    CREATE OR REPLACE VIEW weir.sys_weir_archive_files AS
    SELECT s.name AS schema_name, t.name AS table_name,
           rtrim(replace(p.location, t.location, ''), '/') AS partition_name,
           f.location, f.row_count, f.byte_count
      FROM weir.external_file f
      JOIN weir.external_table t ON t.id = f.table_id
      JOIN weir.external_schema s
        ON s.kind = 'DATA CATALOG' AND (s.options ->> '$.DATABASE') = t.database_name
      LEFT JOIN weir.external_partition p ON p.id = f.partition_id AND p.table_id = t.id
    """,
    // DuckDB may work the month out for partitions of other tables too, whose values are any text.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_tier_months AS
    SELECT policy, month::DATE AS month, 'warehouse' AS tier, row_count, byte_count,
           NULL::BIGINT AS file_count
      FROM weir_tier_facts() WHERE month IS NOT NULL
    UNION ALL
    SELECT a.name, TRY(make_date(
             TRY_CAST(p.partition_values[1] AS INTEGER), TRY_CAST(p.partition_values[2] AS INTEGER),
             1)),
           'archive', sum(f.row_count)::BIGINT, sum(f.byte_count)::BIGINT, count(*)
      FROM weir.archive_policy a
      JOIN weir.external_schema s ON s.kind = 'DATA CATALOG' AND s.name = a.archive_schema
      JOIN weir.external_table t
        ON t.database_name = (s.options ->> '$.DATABASE') AND t.name = a.archive_table
      JOIN weir.external_partition p ON p.table_id = t.id
      JOIN weir.external_file f ON f.table_id = t.id AND f.partition_id = p.id
     GROUP BY 1, 2
    """,
    tierRelations,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_tiers AS
    WITH price AS (
      SELECT max(dollars) FILTER (WHERE name = 'aurora_storage') / 1073741824 AS live,
             max(dollars) FILTER (WHERE name = 'managed_storage') / 1073741824 AS warehouse,
             max(dollars) FILTER (WHERE name = 's3_standard') / 1073741824 AS archive
        FROM weir_prices()),
    growth AS (
      SELECT policy, tier, avg(byte_count)::BIGINT AS byte_count
        FROM (SELECT *, row_number() OVER (PARTITION BY policy, tier ORDER BY month DESC) AS place
                FROM weir.sys_weir_tier_months
               WHERE month < date_trunc('month', current_date)) AS whole
       WHERE place <= 3 GROUP BY 1, 2)
    SELECT r.policy, r.tier, r.relation, r.row_count, r.byte_count, r.months, r.oldest, r.newest,
           g.byte_count AS growth_bytes_month,
           r.byte_count * CASE r.tier WHEN 'live' THEN live WHEN 'warehouse' THEN warehouse
             ELSE archive END AS monthly_cost_usd,
           r.byte_count * CASE r.tier WHEN 'warehouse' THEN live WHEN 'archive' THEN warehouse
             END AS cost_in_tier_above_usd
      FROM weir.tier_relation r CROSS JOIN price
      LEFT JOIN growth g ON g.policy = r.policy AND g.tier = r.tier
    """,
  ]

  /// The tables of policies and their archives, then what has no policy: schemas of live servers
  /// (unknown while one is down), and external tables, whose files only a scan finds
  /// unless the catalog has them.
  private static let tierRelations = """
    CREATE OR REPLACE VIEW weir.tier_relation AS
    SELECT a.name AS policy, 'warehouse' AS tier, a.table_schema || '.' || a.table_name AS relation,
           f.row_count, f.byte_count, f.months, f.oldest, f.newest
      FROM weir.archive_policy a
      LEFT JOIN (SELECT policy, sum(row_count)::BIGINT AS row_count,
                        CASE WHEN count(byte_count) = count(*)
                             THEN sum(byte_count)::BIGINT END AS byte_count,
                        count(month) AS months, min(oldest)::DATE AS oldest,
                        max(newest)::DATE AS newest
                   FROM weir_tier_facts() GROUP BY policy) f ON f.policy = a.name
    UNION ALL
    SELECT a.name, 'archive', a.archive_schema || '.' || a.archive_table,
           coalesce(m.row_count, 0), coalesce(m.byte_count, 0), coalesce(m.months, 0), m.oldest,
           m.newest
      FROM weir.archive_policy a
      LEFT JOIN (SELECT policy, sum(row_count)::BIGINT AS row_count,
                        sum(byte_count)::BIGINT AS byte_count, count(*) AS months,
                        min(month) AS oldest, last_day(max(month)) AS newest
                   FROM weir.sys_weir_tier_months WHERE tier = 'archive' GROUP BY policy) m
        ON m.policy = a.name
    UNION ALL
    SELECT NULL, 'live', s.name, f.row_count::BIGINT, f.byte_count::BIGINT, NULL, NULL, NULL
      FROM weir.external_schema s
      LEFT JOIN weir_federated_sizes() f ON f.schemaname = s.name
     WHERE s.kind = 'POSTGRES'
    UNION ALL
    SELECT NULL, 'archive', s.name || '.' || t.name, f.row_count, f.byte_count, NULL, NULL, NULL
      FROM weir.external_table t
      JOIN weir.external_schema s
        ON s.kind = 'DATA CATALOG' AND (s.options ->> '$.DATABASE') = t.database_name
      LEFT JOIN (SELECT table_id, sum(row_count)::BIGINT AS row_count,
                        sum(byte_count)::BIGINT AS byte_count
                   FROM weir.external_file GROUP BY 1) f ON f.table_id = t.id
     WHERE NOT EXISTS (SELECT 1 FROM weir.archive_policy a
                        WHERE a.archive_schema = s.name AND a.archive_table = t.name)
    """
}
