import { consulPackage, consulProtocol } from "./consul.ts";
import type { ServiceName } from "./contract.ts";
import { elasticsearchPackage } from "./elasticsearch.ts";
import { etcdPackage, etcdProtocol } from "./etcd.ts";
import { kafkaPackage, kafkaProtocol } from "./kafka.ts";
import { mariadbPackage } from "./mariadb.ts";
import { mysqlPackage } from "./mysql.ts";
import { opensearchPackage } from "./opensearch.ts";
import { searchProtocol } from "./search-server.ts";
import type { ServerPackage, ServerProtocol } from "./server.ts";
import { sqlProtocol } from "./sql-server.ts";
import { zookeeperPackage, zookeeperProtocol } from "./zookeeper.ts";

/** How each server is got from packages. */
export const PACKAGES: Readonly<Record<ServiceName, ServerPackage>> = {
  mysql: mysqlPackage,
  mariadb: mariadbPackage,
  elasticsearch: elasticsearchPackage,
  opensearch: opensearchPackage,
  kafka: kafkaPackage,
  etcd: etcdPackage,
  zookeeper: zookeeperPackage,
  consul: consulPackage,
};

/** How each server is spoken to. */
export const PROTOCOLS: Readonly<Record<ServiceName, ServerProtocol>> = {
  mysql: sqlProtocol,
  mariadb: sqlProtocol,
  elasticsearch: searchProtocol,
  opensearch: searchProtocol,
  kafka: kafkaProtocol,
  etcd: etcdProtocol,
  zookeeper: zookeeperProtocol,
  consul: consulProtocol,
};
