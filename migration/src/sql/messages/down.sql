DROP TABLE message_subscriptions;
DROP TABLE messages;
