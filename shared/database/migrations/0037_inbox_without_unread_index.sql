-- A client has few notifications, and in_app_notifications_of_client finds them all: their unread ones need no index of
-- their own. Each new notification is one entry less to write, and reading one changes no index any more.

-- step outside a transaction: drop in_app_notifications_unread
DROP INDEX CONCURRENTLY IF EXISTS in_app_notifications_unread;
