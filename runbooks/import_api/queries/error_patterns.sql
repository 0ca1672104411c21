-- Query 4: why one side's imports failed. An error's kind is its text up to the first colon. kinds and counts are
-- JSON lists in step, the most frequent first; systemic counts failures that no retry mends: the model's API and
-- the service's own configuration.
WITH span AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', :from) AS since,
           strftime('%Y-%m-%dT%H:%M:%fZ', :to) AS until
), kinds AS (
    SELECT substr(full_pass_error, 1, instr(full_pass_error || ':', ':') - 1) AS kind, count(*) AS times
      FROM user_profiles, span
     WHERE pipeline = :side AND full_pass_status = 'failed'
       AND full_pass_completed_at >= since AND full_pass_completed_at < until
     GROUP BY 1 ORDER BY times DESC, kind
)
SELECT
    coalesce(sum(times), 0) AS failed,
    coalesce(sum(times) FILTER (WHERE kind IN ('AnthropicAPIError', 'RLMConfigError')), 0) AS systemic,
    json_group_array(kind) AS errors,
    json_group_array(times) AS counts
  FROM kinds
