-- Query 2: which imports of one side were stuck at the end of the span: taken in, not ended, and older than
-- settings.stuck_after_s. ids are a JSON list, the oldest first.
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
), open AS (
    SELECT id, created_at, (julianday(until) - julianday(created_at)) * 86400 AS age_s
      FROM user_profiles, span
     WHERE pipeline = :side AND created_at < until
       AND (full_pass_completed_at IS NULL OR full_pass_completed_at >= until)
), stuck AS (
    SELECT id, age_s FROM open, settings WHERE age_s > stuck_after_s ORDER BY created_at, id
)
SELECT
    (SELECT count(*) FROM stuck) AS stuck,
    (SELECT count(*) FROM open) AS in_flight,
    (SELECT coalesce(max(age_s), 0.0) FROM open) AS oldest_s,
    (SELECT json_group_array(id) FROM (SELECT id FROM stuck LIMIT 1000)) AS ids
