package io.zeoraid.server.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a monitor that says {@code ruok} instead of a protocol ({@code
 * ZEO/asyncio/server.py}, finish_connection).
 */
final class Ruok {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Ruok() {}

  static byte[] json(Map<String, Map<String, @Nullable Object>> statuses) {
    ObjectNode root = MAPPER.createObjectNode();
    statuses.forEach((storage, status) -> {
      ObjectNode node = root.putObject(storage);
      status.forEach((key, value) -> {
        switch (value) {
          case null -> node.putNull(key);
          case Double number -> node.put(key, number);
          case Long number -> node.put(key, number);
          case Integer number -> node.put(key, number);
          case Boolean truth -> node.put(key, truth);
          default -> node.put(key, value.toString());
        }
      });
    });
    try {
      return MAPPER.writeValueAsString(root).getBytes(StandardCharsets.US_ASCII);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }
}
