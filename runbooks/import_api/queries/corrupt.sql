-- Imports of one side that ended in the span with another soulprint than the client computed for its document.
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :from) AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
), checked AS (
    SELECT id, soulprint IS NOT expected_soulprint AS is_corrupt
      FROM user_profiles, span
     WHERE pipeline = :side AND full_pass_status = 'complete' AND expected_soulprint IS NOT NULL
       AND full_pass_completed_at >= since AND full_pass_completed_at < until
)
SELECT
    count(*) AS checked,
    coalesce(sum(is_corrupt), 0) AS corrupt,
    json_group_array(id) FILTER (WHERE is_corrupt) AS ids
  FROM checked
