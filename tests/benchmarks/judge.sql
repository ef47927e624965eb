-- The rules of vtrkit.classify and the sums of vtrkit.tally, as DuckDB would do them.
-- Given: the view `packages` over the Parquet files, and the tables `known_carrier (key, id)` and
-- `known_service (key, id)` with the spellings of facts/carriers.toml. Of the rules those of 2025
-- in the three generated marketplaces; without the clauses on Amazon's own labels, of which the
-- generated packages have none, and without number formats, since the generated numbers are right
-- (vtrkit does look at them). Closed sets are enums, and texts are recognised and searched once
-- per distinct text: the quickest form found.

CREATE OR REPLACE TYPE reason AS ENUM (
    'not_shipped', 'cancelled', 'fulfilled_by_amazon', 'prime', 'exempt_service', 'exempt_route',
    'disputed_valid', 'disputed_defect', 'not_listed',
    'rejected_by_amazon', 'missing_number', 'entered_late', 'no_scan', 'too_few_scans',
    'unverified', 'too_little_known', 'valid'
);

CREATE OR REPLACE MACRO spelled(typed) AS upper(regexp_replace(typed, '[^\p{L}\p{N}]', '', 'g'));

CREATE OR REPLACE VIEW carrier_of AS
SELECT typed, coalesce(id, 'unrecognised') AS carrier_id
FROM (SELECT DISTINCT carrier AS typed FROM packages WHERE carrier IS NOT NULL)
LEFT JOIN known_carrier ON key = spelled(typed);

CREATE OR REPLACE VIEW service_of AS
SELECT
    typed,
    coalesce(id, 'other') AS service,
    typed IN (
        'Standard Mail', 'USPS Standard Mail', 'USPS Standard Mail envelopes', 'First Class',
        'USPS First Class', 'USPS First Class Mail', 'First Class envelopes',
        'USPS First Class envelopes', 'USPS First Class Mail envelopes'
    ) AS us_envelope,
    regexp_matches(lower(typed), 'untracked|letter|stamp') AS us_letter,
    regexp_matches(lower(typed), 'letter|brief|lettre|carta|lettera|brev') AS uk_letter
FROM (SELECT DISTINCT ship_method AS typed FROM packages WHERE ship_method IS NOT NULL)
LEFT JOIN known_service ON key = spelled(typed);

CREATE OR REPLACE VIEW ruled AS
SELECT
    packages.* EXCLUDE (ship_method),
    carrier_id,
    coalesce(service, 'other') AS ship_method,
    coalesce(us_envelope, false) AS us_envelope,
    coalesce(us_letter, false) AS us_letter,
    coalesce(uk_letter, false) AS uk_letter,
    coalesce(marketplace = 'US' AND coalesce(ship_date, promised_date) >= DATE '2025-01-15', false)
        AS us,
    coalesce(marketplace = 'UK' AND coalesce(ship_date, promised_date) >= DATE '2025-01-15', false)
        AS uk,
    coalesce(marketplace = 'SE' AND coalesce(ship_date, promised_date) >= DATE '2021-01-01', false)
        AS se,
    scans >= 2 AND delivered_date IS NOT NULL AS has_two_scans
FROM packages
LEFT JOIN carrier_of ON carrier_of.typed = packages.carrier
LEFT JOIN service_of ON service_of.typed = packages.ship_method;

CREATE OR REPLACE VIEW exempted AS
SELECT
    *,
    us OR uk AS enforced,
    CASE WHEN us THEN
        us_envelope AND coalesce(carrier_id = 'usps', false)
            AND CASE WHEN currency = 'USD' THEN goods_value < 9.9995 END
        OR us_letter AND origin IN ('IN', 'GB', 'UK')
            AND CASE WHEN currency = 'USD' THEN goods_value < 14.9995 END
    WHEN uk THEN
        uk_letter AND origin <> destination
            AND CASE currency WHEN 'EUR' THEN goods_value < 19.9995
                WHEN 'GBP' THEN goods_value < 15.9995 END
    ELSE false END AS exempt_service,
    coalesce(CASE WHEN us THEN
        coalesce(destination NOT IN ('US', 'PR'), false)
        OR origin NOT IN ('US', 'PR', 'CN', 'CA', 'AS', 'UM', 'IN', 'GB', 'UK')
    WHEN uk THEN
        coalesce(origin NOT IN (
            'GB', 'UK', 'CN', 'DE', 'FR', 'MC', 'IT', 'ES', 'NL', 'PT', 'PL', 'AT', 'SE', 'BE'
        ), false)
        OR destination NOT IN (
            'GB', 'UK', 'DE', 'FR', 'MC', 'IT', 'ES', 'NL', 'PT', 'PL', 'AT', 'SE', 'BE'
        )
    ELSE false END, false) AS exempt_route,
    coalesce(
        uk AND (
            origin = 'BE' OR destination = 'BE'
            OR origin <> destination AND origin IN (
                'GB', 'UK', 'DE', 'FR', 'MC', 'IT', 'ES', 'NL', 'PT', 'PL', 'AT', 'SE', 'BE'
            ) AND CASE WHEN currency IN ('EUR', 'GBP') THEN goods_value < 19.9995 END
        ), false
    ) AS disputed,
    CASE WHEN us THEN
        origin IN ('CN', 'CA', 'AS', 'UM')
            AND CASE WHEN currency = 'USD' THEN goods_value >= 4.9995 END
        OR origin IN ('IN', 'GB', 'UK')
            AND CASE WHEN currency = 'USD' THEN goods_value >= 14.9995 END
    WHEN uk THEN
        origin = 'CN' AND CASE WHEN currency IN ('GBP', 'EUR') THEN goods_value >= 4.9995 END
    ELSE false END AS two_scans
FROM ruled;

CREATE OR REPLACE VIEW tracked AS
SELECT
    *,
    CASE
        WHEN tracking_number = '' THEN 'missing_number'
        WHEN tracking_entered_at > delivered_date THEN 'entered_late'
        WHEN scans = 0 THEN 'no_scan'
        WHEN scans IS NULL AND delivered_date IS NULL THEN 'unverified'
        WHEN two_scans AND NOT has_two_scans AND seen_at >= promised_date + 30
            THEN 'too_few_scans'
        WHEN coalesce(two_scans, true) AND NOT coalesce(has_two_scans, false)
            THEN 'too_little_known'
        ELSE 'valid'
    END::reason AS tracking
FROM exempted;

CREATE OR REPLACE VIEW verdicts AS
SELECT
    *,
    CASE
        WHEN status = 'unshipped' THEN 'not_shipped'
        WHEN status = 'cancelled' THEN 'cancelled'
        WHEN fulfilled_by = 'amazon' THEN 'fulfilled_by_amazon'
        WHEN fulfilled_by = 'seller_prime' AND (uk OR se) THEN 'prime'
        WHEN reported_valid THEN 'valid'
        WHEN NOT reported_valid AND tracking IN ('unverified', 'too_little_known', 'valid')
            THEN 'rejected_by_amazon'
        WHEN NOT reported_valid THEN tracking
        WHEN exempt_service THEN 'exempt_service'
        WHEN exempt_route THEN 'exempt_route'
        WHEN disputed AND tracking = 'valid' THEN 'disputed_valid'
        WHEN tracking IN ('unverified', 'too_little_known', 'valid') THEN tracking
        WHEN disputed THEN 'disputed_defect'
        WHEN exempt_service IS NULL THEN 'too_little_known'
        ELSE tracking
    END::reason AS reason,
    delivered_date AS arrived,
    promised_date < seen_at AS due,
    1 AS units
FROM tracked;

CREATE OR REPLACE VIEW coarse AS
SELECT
    account, marketplace, category, promised_date, enforced, reason,
    count(*) AS packages,
    count(*) FILTER (ship_date IS NOT NULL AND ship_by_date IS NOT NULL) AS ship_judged,
    count(*) FILTER (ship_date > ship_by_date) AS shipped_late,
    count(*) FILTER (delivered_date IS NOT NULL AND promised_date IS NOT NULL) AS delivered,
    count(*) FILTER (arrived IS NOT NULL AND due) AS delivery_judged,
    count(*) FILTER (arrived > promised_date AND due) AS delivered_late,
    count(*) FILTER (arrived IS NULL AND scans IS NOT NULL AND due) AS undelivered,
    sum(units) AS units,
    coalesce(sum(units) FILTER (arrived IS NOT NULL AND due), 0) AS units_judged,
    coalesce(sum(units) FILTER (arrived > promised_date AND due), 0) AS units_late,
    coalesce(sum(units) FILTER (arrived IS NULL AND scans IS NOT NULL AND due), 0)
        AS units_undelivered,
    count(*) FILTER (
        reason IN ('missing_number', 'not_a_number', 'malformed', 'wrong_carrier')
        AND delivered_date IS NULL
    ) AS correctable,
    count(*) FILTER (false) AS underway  -- no package of the benchmark has a day of tracking data
FROM verdicts
GROUP BY ALL;

CREATE OR REPLACE VIEW fine AS
SELECT
    account, marketplace, category, coalesce(carrier_id, 'unrecognised') AS carrier_id,
    ship_method, ship_date, promised_date, enforced, reason,
    count(*) AS packages,
    count(*) FILTER (ship_date IS NOT NULL AND ship_by_date IS NOT NULL) AS ship_judged,
    count(*) FILTER (ship_date > ship_by_date) AS shipped_late,
    count(*) FILTER (delivered_date IS NOT NULL AND promised_date IS NOT NULL) AS delivered,
    count(*) FILTER (arrived IS NOT NULL AND due) AS delivery_judged,
    count(*) FILTER (arrived > promised_date AND due) AS delivered_late,
    count(*) FILTER (arrived IS NULL AND scans IS NOT NULL AND due) AS undelivered,
    sum(units) AS units,
    coalesce(sum(units) FILTER (arrived IS NOT NULL AND due), 0) AS units_judged,
    coalesce(sum(units) FILTER (arrived > promised_date AND due), 0) AS units_late,
    coalesce(sum(units) FILTER (arrived IS NULL AND scans IS NOT NULL AND due), 0)
        AS units_undelivered,
    count(*) FILTER (
        reason IN ('missing_number', 'not_a_number', 'malformed', 'wrong_carrier')
        AND delivered_date IS NULL
    ) AS correctable,
    count(*) FILTER (false) AS underway  -- no package of the benchmark has a day of tracking data
FROM verdicts
GROUP BY ALL;
