-- Everything the gates ask about the imports of one side, in one row.
-- :from, :to  RFC 3339 times; an import belongs to the span in which it ended
-- :side       'v2' or 'v1'
-- ok, total            ended in the span: complete, and complete or failed
-- stuck, in_flight     at the end of the span: begun and not ended, stuck for longer than settings.stuck_after_s
-- over_30m_pct         of those that ended: longer than settings.slow_after_s from start to end (0.0 where none ended)
-- seconds, errors      JSON: from start to end of each, and each kind of error once
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :from) AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
), ended AS (
    SELECT full_pass_status AS status,
           round((julianday(full_pass_completed_at) - julianday(full_pass_started_at)) * 86400, 3) AS seconds,
           CASE WHEN full_pass_status = 'failed' THEN
               substr(full_pass_error, 1, instr(full_pass_error || ':', ':') - 1) END AS error
      FROM user_profiles, span
     WHERE pipeline = :side AND full_pass_completed_at >= since AND full_pass_completed_at < until
), open AS (
    SELECT (julianday(until) - julianday(created_at)) * 86400 AS age_s
      FROM user_profiles, span
     WHERE pipeline = :side AND created_at < until
       AND (full_pass_completed_at IS NULL OR full_pass_completed_at >= until)
)
SELECT
    (SELECT count(*) FROM ended WHERE status = 'complete') AS ok,
    (SELECT count(*) FROM ended) AS total,
    (SELECT count(*) FROM open, settings WHERE age_s > stuck_after_s) AS stuck,
    (SELECT count(*) FROM open) AS in_flight,
    (SELECT coalesce(100.0 * avg(seconds > slow_after_s), 0.0) FROM ended, settings) AS over_30m_pct,
    (SELECT json_group_array(seconds) FROM ended) AS seconds,
    (SELECT json_group_array(error) FROM
        (SELECT DISTINCT error FROM ended WHERE error IS NOT NULL ORDER BY error)) AS errors
