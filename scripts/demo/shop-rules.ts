import type { VerifiedTable } from "../../test/support/verify.ts";
import type { ShopTable } from "./shop-tables.ts";

/** What becomes of a table's rows. */
export interface ShopRule {
  /** The rule's query; `DATABASE` stands for the shop's. */
  readonly query: readonly string[];
  /** What MySQL says that the query makes: what verification compares documents with. */
  readonly expected: Pick<VerifiedTable, "where" | "except" | "fields">;
}

/** A rule for each table. The expectations say the same in MySQL's own words, those that rules have and MySQL lacks said otherwise. */
export const SHOP_RULES: Readonly<Record<ShopTable, ShopRule>> = {
  customers: {
    query: [
      "select * except (permissions), split(interests, ',') as hobbies,",
      "  year(birthday) as born_in, bool(newsletter) as wants_news",
      "from DATABASE.customers",
    ],
    expected: {
      except: ["permissions"],
      fields: {
        hobbies: `IF(interests = '', JSON_ARRAY(), CAST(CONCAT('["', REPLACE(interests, ',', '","'), '"]') AS JSON))`,
        born_in: "YEAR(birthday)",
        wants_news: "CAST(IF(newsletter, 'true', 'false') AS JSON)",
      },
    },
  },
  products: {
    query: [
      "select *, price * stock as stock_value,",
      "  case when stock < 20 then 'few' else 'many' end as availability",
      "from DATABASE.products",
      "where stock > 0",
    ],
    expected: {
      // the shop sells: products leave
      where: "stock > 0",
      fields: {
        // of more than 15 digits, so a string
        stock_value: "CAST(price * stock AS CHAR)",
        availability: "IF(stock < 20, 'few', 'many')",
      },
    },
  },
  orders: {
    query: [
      "select *, round(total * exchange, 2) as total_at_home, concat_ws(' ', currency, total) as price_tag,",
      "  shipping->>'$.city' as city",
      "from DATABASE.orders",
      "where status <> 'Cancelled'",
    ],
    expected: {
      // cancelled orders leave, and a text's case does not matter
      where: "status <> 'Cancelled'",
      fields: {
        total_at_home: "CAST(ROUND(total * exchange, 2) AS CHAR)",
        price_tag: "CONCAT_WS(' ', currency, total)",
        city: "shipping->>'$.city'",
      },
    },
  },
  order_items: {
    query: ["select *, quantity * unit_price as amount", "from DATABASE.order_items"],
    expected: { fields: { amount: "quantity * unit_price" } },
  },
};
