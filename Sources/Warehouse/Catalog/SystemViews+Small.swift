extension SystemTables {
  /// What Redshift's pages SYS_QUERY_TEXT, SYS_CONNECTION_LOG, SVV_QUERY_INFLIGHT, STV_SLICES,
  /// SVV_REDSHIFT_DATABASES and SVV_REDSHIFT_FUNCTIONS document, PostgreSQL's pg_stat_activity, and
  /// its information schema without the warehouse's own tables.
  static let smallViews = [
    """
    CREATE OR REPLACE VIEW weir.sys_query_text AS
    SELECT 100 AS user_id, query_id, transaction_id, session_id, start_time, sequence,
           part AS text
      FROM weir.statement_text
    """,
    // The engine listens on this machine alone, and does not keep who came from which port.
    """
    CREATE OR REPLACE VIEW weir.sys_connection_log AS
    SELECT e.event, CASE e.event WHEN 'disconnecting session' THEN s.end_time ELSE s.start_time END
             AS record_time, '127.0.0.1' AS remote_host, NULL::VARCHAR AS remote_port,
           s.session_id, current_database() AS database_name, s.username AS user_name,
           'password' AS auth_method,
           CASE e.event WHEN 'disconnecting session'
             THEN date_diff('microsecond', s.start_time, s.end_time) ELSE 0 END AS duration,
           NULL::VARCHAR AS ssl_version, NULL::VARCHAR AS ssl_cipher, 0 AS mtu,
           NULL::VARCHAR AS ssl_compression, NULL::VARCHAR AS ssl_expansion,
           NULL::VARCHAR AS iam_auth_guid, s.application AS application_name,
           NULL::VARCHAR AS os_version, NULL::VARCHAR AS driver_version,
           NULL::VARCHAR AS plugin_name, 3 AS protocol_version,
           NULL::VARCHAR AS global_session_id
      FROM weir_sessions() s,
           (VALUES ('initiating session'), ('disconnecting session')) e(event)
     WHERE e.event = 'initiating session' OR s.end_time IS NOT NULL
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_query_inflight AS
    SELECT 100 AS userid, 0 AS slice, query_id::INTEGER AS query, session_id AS pid,
           start_time AS starttime, 0 AS suspended, part AS text, sequence
      FROM weir.statement_text WHERE end_time IS NULL AND is_query
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_slices AS
    SELECT 0 AS node, 0 AS slice, 0 AS localslice, 'D' AS type
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_redshift_databases AS
    SELECT datname AS database_name, datdba AS database_owner, 'local' AS database_type,
           datacl AS database_acl, NULL::VARCHAR AS database_options,
           'Snapshot Isolation' AS database_isolation_level
      FROM weir.pg_database
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_redshift_functions AS
    SELECT current_database() AS database_name, schema_name, name AS function_name,
           'REGULAR FUNCTION' AS function_type, array_to_string(signature, ', ') AS argument_type,
           return_type AS result_type
      FROM weir.user_function
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_stat_activity AS
    SELECT 1 AS datid, current_database() AS datname, session_id AS procpid, 100 AS usesysid,
           username AS usename, coalesce(query_text, '<IDLE>') AS current_query,
           start_time AS query_start
      FROM weir.sys_weir_sessions WHERE end_time IS NULL
    """,
    """
    CREATE OR REPLACE VIEW weir.information_tables AS
    SELECT current_database() AS table_catalog, schema_name AS table_schema, table_name,
           CASE WHEN kind = 'VIEW' THEN 'VIEW' WHEN temporary THEN 'LOCAL TEMPORARY'
                ELSE 'BASE TABLE' END AS table_type,
           NULL::VARCHAR AS self_referencing_column_name, NULL::VARCHAR AS reference_generation,
           NULL::VARCHAR AS user_defined_type_catalog, NULL::VARCHAR AS user_defined_type_schema,
           NULL::VARCHAR AS user_defined_type_name
      FROM weir.user_relation
    """,
    "CREATE OR REPLACE VIEW weir.information_columns AS SELECT * EXCLUDE (remarks) "
      + "FROM weir.svv_columns",
    """
    CREATE OR REPLACE VIEW weir.information_views AS
    SELECT current_database() AS table_catalog, schemaname AS table_schema,
           viewname AS table_name, definition AS view_definition, 'NONE' AS check_option,
           'NO' AS is_updatable, 'NO' AS is_insertable_into
      FROM weir.pg_views
    """,
  ]
}

/// System views that Redshift documents and Weir has not.
enum AbsentSystemViews {
  static let names = Set(
    (documented.split(whereSeparator: \.isWhitespace).map(String.init))
      .filter { !SystemTables.names.contains($0) })

  private static let documented = """
    svv_active_cursors svv_alter_table_recommendations svv_attached_masking_policy
    svv_copy_job_integrations svv_database_privileges svv_datashare_consumers
    svv_datashare_objects svv_datashare_privileges svv_datashares svv_default_privileges
    svv_diskusage svv_external_databases svv_function_privileges svv_geography_columns
    svv_geometry_columns svv_iam_privileges svv_identity_providers svv_integration
    svv_integration_table_mapping svv_integration_table_state svv_interleaved_columns
    svv_language_privileges svv_masking_policy svv_ml_model_info svv_ml_model_privileges
    svv_query_inflight svv_query_state svv_redshift_databases svv_redshift_functions
    svv_redshift_schema_quota svv_restore_table_state svv_rls_applied_policy
    svv_rls_attached_policy svv_rls_policy svv_rls_relation svv_sem_usage svv_sem_usage_leader
    svv_system_privileges svv_vacuum_progress svv_vacuum_summary
    sys_analyze_compression_history sys_analyze_history sys_applied_masking_policy_log
    sys_auto_table_optimization sys_automatic_optimization sys_child_query_text
    sys_connection_log sys_copy_job sys_copy_job_detail sys_copy_job_info sys_copy_replacements
    sys_datashare_change_log sys_datashare_cross_region_usage sys_datashare_usage_consumer
    sys_datashare_usage_producer sys_external_query_error
    sys_extra_compute_for_automatic_optimization sys_integration_activity
    sys_integration_table_activity sys_integration_table_state_change sys_load_detail sys_mv_state
    sys_procedure_call sys_procedure_messages sys_query_detail sys_query_explain sys_query_text
    sys_restore_log sys_restore_state sys_schema_quota_violations sys_spatial_simplify
    sys_transaction_history sys_udf_log sys_userlog sys_vacuum_history
    stl_aggr stl_alert_event_log stl_analyze stl_analyze_compression stl_bcast stl_commit_stats
    stl_connection_log stl_delete stl_disk_full_diag stl_dist stl_error stl_explain
    stl_file_scan stl_hash stl_hashjoin stl_insert stl_limit stl_load_commits stl_merge
    stl_mergejoin stl_nestloop stl_parse stl_plan_info stl_project stl_query_metrics
    stl_replacements stl_return stl_s3client stl_s3client_error stl_save stl_scan
    stl_schema_quota_violations stl_sessions stl_sort stl_sshclient_error stl_stream_segs
    stl_tr_conflict stl_undone stl_unique stl_usage_control stl_userlog stl_vacuum stl_window
    stl_wlm_error stl_wlm_rule_action
    stv_active_cursors stv_cursor_configuration stv_db_isolation_level stv_exec_state
    stv_load_state stv_node_storage_capacity stv_partitions stv_query_metrics stv_slices
    stv_startup_recovery_state stv_wlm_classification_config stv_wlm_qmr_config
    stv_wlm_query_queue_state stv_wlm_query_task_state stv_wlm_service_class_config
    stv_wlm_service_class_state stv_xrestore_alter_queue_state
    svl_auto_worker_action svl_compile svl_datashare_change_log svl_datashare_cross_region_usage
    svl_datashare_usage_consumer svl_datashare_usage_producer svl_mv_refresh_status
    svl_multi_statement_violations svl_query_metrics svl_query_metrics_summary
    svl_query_queue_info svl_query_report svl_restore_alter_table_progress svl_s3catalog
    svl_s3list svl_s3log svl_s3partition svl_s3partition_summary svl_s3query svl_s3retries
    svl_spatial_simplify svl_spectrum_scan_error svl_stored_proc_call svl_stored_proc_messages
    svl_terminate svl_udf_log svl_user_info svl_vacuum_percentage
    svcs_alert_event_log svcs_compile svcs_concurrency_scaling_usage svcs_explain svcs_plan_info
    svcs_query_summary svcs_s3list svcs_s3log svcs_s3partition_summary svcs_s3query_summary
    svcs_stream_segs svcs_unload_log
    pg_locks pg_external_schema pg_library pg_statistic_indicator pg_stat_activity pg_default_acl
    pg_cursors pg_policy pg_proc_info pg_class_info pg_attribute_info
    """
}
