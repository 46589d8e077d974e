-- A client has few notifications, and in_app_notifications_in_commit_order finds them all. So their list is sorted when it is read,
-- and each new notification is one entry less to write: 120 bytes of WAL.

-- step outside a transaction: drop in_app_notifications_of_client
DROP INDEX CONCURRENTLY IF EXISTS in_app_notifications_of_client;
