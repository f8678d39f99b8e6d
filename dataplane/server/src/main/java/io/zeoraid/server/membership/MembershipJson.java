package io.zeoraid.server.membership;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.membership.Stored;
import java.util.Arrays;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/** The membership record as JSON text that a person can read. Pure. */
final class MembershipJson {
  private static final int FORMAT = 2;

  /** Had neither revision nor address, which were 0 and empty. */
  private static final int FORMAT_OF_ONE_SERVER = 1;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private MembershipJson() {}

  static String write(Stored stored) {
    MembershipRecord record = stored.record();
    ObjectNode root = MAPPER.createObjectNode();
    root.put("format", FORMAT);
    root.put("version", stored.version());
    root.put("revision", record.revision());
    root.put("epoch", record.epoch());
    root.put("primary", record.primary());
    root.put("address", record.address());
    root.put("number", record.number());
    root.put("lastTid", record.lastTid().toString());
    root.put("nextOid", Long.toUnsignedString(record.nextOid()));
    ObjectNode backends = root.putObject("backends");
    record.backends().forEach((name, state) -> state(backends.putObject(name.value()), state));
    try {
      return MAPPER.writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }

  private static void state(ObjectNode node, BackendState state) {
    switch (state) {
      case BackendState.InSync inSync -> node.put("state", "in-sync");
      case BackendState.Recovering recovering -> node.put("state", "recovering");
      case BackendState.Out out ->
          node.put("state", "out").put("reason", out.reason().word()).put("text", out.text());
    }
  }

  /**
   * @throws IllegalArgumentException if the text is not such a record; says what is wrong
   */
  static Stored read(String text) {
    JsonNode root;
    try {
      root = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is not JSON: " + e.getOriginalMessage(), e);
    }
    int format = root.path("format").asInt();
    if (format != FORMAT && format != FORMAT_OF_ONE_SERVER) {
      throw new IllegalArgumentException(
          "its format is " + root.path("format") + ", this version reads " + FORMAT);
    }
    boolean old = format == FORMAT_OF_ONE_SERVER;
    SortedMap<BackendName, BackendState> backends = new TreeMap<>();
    root.path("backends")
        .properties()
        .forEach(entry -> backends.put(new BackendName(entry.getKey()), state(entry.getValue())));
    return new Stored(
        text(root, "version"),
        new MembershipRecord(
            old ? 0 : number(root, "revision"),
            number(root, "epoch"),
            text(root, "primary"),
            old ? "" : text(root, "address"),
            Math.clamp(number(root, "number"), -1, 256),
            backends,
            new Tid(Long.parseUnsignedLong(text(root, "lastTid"), 16)),
            Long.parseUnsignedLong(text(root, "nextOid"))));
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException(field + " should be text, not " + value);
    }
    return value.asText();
  }

  private static long number(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException(field + " should be a whole number, not " + value);
    }
    return value.asLong();
  }

  private static BackendState state(JsonNode node) {
    String state = text(node, "state");
    return switch (state) {
      case "in-sync" -> BackendState.IN_SYNC;
      case "recovering" -> BackendState.RECOVERING;
      case "out" -> new BackendState.Out(reason(text(node, "reason")), text(node, "text"));
      default ->
          throw new IllegalArgumentException(
              "a backend's state is in-sync, recovering or out, not " + state);
    };
  }

  private static OutReason reason(String word) {
    try {
      return OutReason.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the reason is one of " + Arrays.toString(OutReason.values()) + ", not " + word, e);
    }
  }
}
