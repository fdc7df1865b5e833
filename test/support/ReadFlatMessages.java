import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONWriter;
import com.alibaba.otter.canal.protocol.FlatMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads Canal's flat messages from standard input, a line each, as Canal's own client does, and prints what it has got of each. */
public final class ReadFlatMessages {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      FlatMessage message = JSON.parseObject(line, FlatMessage.class);
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("data", message.getData());
      fields.put("database", message.getDatabase());
      fields.put("es", message.getEs());
      fields.put("gtid", message.getGtid());
      fields.put("id", message.getId());
      fields.put("isDdl", message.getIsDdl());
      fields.put("mysqlType", message.getMysqlType());
      fields.put("old", message.getOld());
      fields.put("pkNames", message.getPkNames());
      fields.put("sql", message.getSql());
      fields.put("sqlType", message.getSqlType());
      fields.put("table", message.getTable());
      fields.put("ts", message.getTs());
      fields.put("type", message.getType());
      out.println(JSON.toJSONString(fields, JSONWriter.Feature.WriteMapNullValue));
    }
    out.flush();
  }
}
