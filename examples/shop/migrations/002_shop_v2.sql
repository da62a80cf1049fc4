-- Layout 2: customers have what they spent.
CREATE TABLE shop_v2_customers (
	id    text PRIMARY KEY,
	name  text NOT NULL,
	spent bigint NOT NULL
);
CREATE TABLE shop_v2_orders (
	id       text PRIMARY KEY,
	customer text NOT NULL,
	item     text NOT NULL,
	cents    bigint NOT NULL,
	status   text NOT NULL
);
CREATE INDEX shop_v2_orders_customer ON shop_v2_orders (customer);
