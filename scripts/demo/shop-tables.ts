/** The shop's tables in the order in which they are created. */
export const SHOP_TABLES = ["customers", "products", "orders", "order_items"] as const;

/** One of {@link SHOP_TABLES}. */
export type ShopTable = (typeof SHOP_TABLES)[number];

/** What an order goes through. */
export const ORDER_STATES = ["new", "paid", "packed", "shipped", "delivered", "cancelled"] as const;

/** The departments of the shop. */
export const CATEGORIES = ["books", "music", "kitchen", "garden", "toys", "工具"] as const;

/** What a customer may be interested in. */
export const INTERESTS = ["novels", "jazz", "baking", "roses", "trains"] as const;

/** The statement that creates a table. Together they have the types that a shop meets. */
export const CREATE_TABLE: Readonly<Record<ShopTable, string>> = {
  customers: `CREATE TABLE customers (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid           BINARY(16) NOT NULL,
    name           VARCHAR(100) NOT NULL,
    email          VARCHAR(190) NOT NULL,
    country        CHAR(2) NOT NULL,
    birthday       DATE NULL,
    newsletter     BOOLEAN NOT NULL DEFAULT FALSE,
    permissions    BIT(8) NOT NULL DEFAULT b'1',
    interests      SET(${quoteAll(INTERESTS)}) NOT NULL DEFAULT '',
    preferences    JSON NULL,
    loyalty_points INT UNSIGNED NOT NULL DEFAULT 0,
    created_at     DATETIME(6) NOT NULL,
    updated_at     TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    UNIQUE KEY (uuid)
  ) DEFAULT CHARSET = utf8mb4`,
  products: `CREATE TABLE products (
    id         INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku        CHAR(10) CHARACTER SET ascii NOT NULL,
    ean        BIGINT UNSIGNED NOT NULL,
    name       VARCHAR(200) NOT NULL,
    category   ENUM(${quoteAll(CATEGORIES)}) NOT NULL,
    price      DECIMAL(10,2) NOT NULL,
    weight_kg  FLOAT NOT NULL,
    stock      INT NOT NULL,
    is_active  BOOLEAN NOT NULL DEFAULT TRUE,
    released   YEAR NOT NULL,
    order_by   TIME NULL,
    attributes JSON NOT NULL,
    updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    UNIQUE KEY (sku)
  ) DEFAULT CHARSET = utf8mb4`,
  orders: `CREATE TABLE orders (
    id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id BIGINT UNSIGNED NOT NULL,
    status      ENUM(${quoteAll(ORDER_STATES)}) NOT NULL DEFAULT 'new',
    total       DECIMAL(12,2) NOT NULL,
    currency    CHAR(3) NOT NULL DEFAULT 'EUR',
    exchange    DECIMAL(24,12) NOT NULL,
    note        VARCHAR(500) NULL,
    shipping    JSON NOT NULL,
    placed_at   DATETIME(6) NOT NULL,
    updated_at  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    KEY (customer_id)
  ) DEFAULT CHARSET = utf8mb4`,
  order_items: `CREATE TABLE order_items (
    order_id   BIGINT UNSIGNED NOT NULL,
    line       SMALLINT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity   SMALLINT UNSIGNED NOT NULL,
    unit_price DECIMAL(10,2) NOT NULL,
    discount   DOUBLE NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, line)
  ) DEFAULT CHARSET = utf8mb4`,
};

function quoteAll(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(", ");
}
