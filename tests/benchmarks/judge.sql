-- The rules of vtrkit.classify and the sums of vtrkit.tally, as DuckDB would do them.
-- Given: the view `packages` over the Parquet files, and the tables `known_carrier (key, id)` and
-- `known_service (key, id)` with the spellings of facts/carriers.toml. Closed sets are enums,
-- spellings are recognised once per distinct text: the quickest form found.

CREATE OR REPLACE TYPE reason AS ENUM (
    'not_shipped', 'cancelled', 'not_seller_fulfilled', 'rejected_by_amazon', 'missing_number',
    'entered_late', 'no_scan', 'unverified', 'valid'
);

CREATE OR REPLACE MACRO spelled(typed) AS upper(regexp_replace(typed, '[^\p{L}\p{N}]', '', 'g'));

CREATE OR REPLACE VIEW carrier_of AS
SELECT typed, coalesce(id, 'unrecognised') AS carrier_id
FROM (SELECT DISTINCT carrier AS typed FROM packages WHERE carrier IS NOT NULL)
LEFT JOIN known_carrier ON key = spelled(typed);

CREATE OR REPLACE VIEW service_of AS
SELECT typed, coalesce(id, 'other') AS service
FROM (SELECT DISTINCT ship_method AS typed FROM packages WHERE ship_method IS NOT NULL)
LEFT JOIN known_service ON key = spelled(typed);

CREATE OR REPLACE VIEW own_verdict AS
SELECT
    * EXCLUDE (ship_method),
    CASE marketplace
        WHEN 'US' THEN coalesce(ship_date >= DATE '2025-01-15', false)
        WHEN 'UK' THEN coalesce(ship_date >= DATE '2025-01-15', false)
        ELSE false
    END AS enforced,
    CASE
        WHEN status = 'unshipped' THEN 'not_shipped'
        WHEN status = 'cancelled' THEN 'cancelled'
        WHEN fulfilled_by = 'amazon' THEN 'not_seller_fulfilled'
        WHEN fulfilled_by = 'seller_prime' AND (
            marketplace = 'UK' AND ship_date >= DATE '2025-01-15'
            OR marketplace = 'SE' AND ship_date >= DATE '2021-01-01'
        ) THEN 'not_seller_fulfilled'
        WHEN tracking_number = '' THEN 'missing_number'
        WHEN tracking_entered_at > delivered_date THEN 'entered_late'
        WHEN scans = 0 THEN 'no_scan'
        WHEN scans IS NULL AND delivered_date IS NULL THEN 'unverified'
        ELSE 'valid'
    END::reason AS our_reason,
    ship_method AS typed_method
FROM packages;

CREATE OR REPLACE VIEW verdicts AS
SELECT
    *,
    CASE
        WHEN our_reason IN ('not_shipped', 'cancelled', 'not_seller_fulfilled') THEN our_reason
        WHEN reported_valid THEN 'valid'::reason
        WHEN NOT reported_valid AND our_reason IN ('unverified', 'valid')
            THEN 'rejected_by_amazon'::reason
        ELSE our_reason
    END AS reason
FROM own_verdict;

CREATE OR REPLACE VIEW coarse AS
SELECT
    account, marketplace, category, promised_date, enforced, reason,
    count(*) AS packages,
    count(*) FILTER (ship_date IS NOT NULL AND ship_by_date IS NOT NULL) AS ship_judged,
    count(*) FILTER (ship_date > ship_by_date) AS shipped_late,
    count(*) FILTER (delivered_date IS NOT NULL AND promised_date IS NOT NULL) AS delivery_judged,
    count(*) FILTER (delivered_date > promised_date) AS delivered_late,
    count(*) FILTER (delivered_date IS NULL AND scans IS NOT NULL) AS undelivered
FROM verdicts
GROUP BY ALL;

CREATE OR REPLACE VIEW fine AS
SELECT
    account, marketplace, category, coalesce(carrier_id, 'unrecognised') AS carrier_id,
    coalesce(service, 'other') AS ship_method, ship_date, promised_date, enforced, reason,
    count(*) AS packages,
    count(*) FILTER (ship_date IS NOT NULL AND ship_by_date IS NOT NULL) AS ship_judged,
    count(*) FILTER (ship_date > ship_by_date) AS shipped_late,
    count(*) FILTER (delivered_date IS NOT NULL AND promised_date IS NOT NULL) AS delivery_judged,
    count(*) FILTER (delivered_date > promised_date) AS delivered_late,
    count(*) FILTER (delivered_date IS NULL AND scans IS NOT NULL) AS undelivered
FROM verdicts
LEFT JOIN carrier_of ON carrier_of.typed = verdicts.carrier
LEFT JOIN service_of ON service_of.typed = verdicts.typed_method
GROUP BY ALL;
