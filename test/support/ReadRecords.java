import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Prints the committed records of partition 0 of a topic as Kafka's own client reads them, with everything in them in Base64. Arguments: brokers, topic. */
public class ReadRecords {
  public static void main(String[] args) {
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", args[0], "isolation.level", "read_committed", "check.crcs", "true");
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
      TopicPartition partition = new TopicPartition(args[1], 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
          StringBuilder line = new StringBuilder("record " + record.offset() + " " + record.timestamp());
          line.append(" " + text(record.key()) + " " + text(record.value()));
          for (Header header : record.headers()) line.append(" " + header.key() + "=" + text(header.value()));
          System.out.println(line);
        }
      }
    }
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "null" : Base64.getEncoder().encodeToString(bytes);
  }
}
