-- Layout 1 of the model "shop".
CREATE TABLE shop_v1_customers (
	id   text PRIMARY KEY,
	name text NOT NULL
);
CREATE TABLE shop_v1_orders (
	id       text PRIMARY KEY,
	customer text NOT NULL,
	item     text NOT NULL,
	cents    bigint NOT NULL,
	status   text NOT NULL
);
