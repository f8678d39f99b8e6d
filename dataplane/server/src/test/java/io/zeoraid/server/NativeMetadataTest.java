package io.zeoraid.server;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A native image ignores a class of which there is none without a word. */
final class NativeMetadataTest {

  @ParameterizedTest
  @ValueSource(strings = {"zeoraid-server", "zeoraid-server-membership", "zeoraid-protocol"})
  void each_class_that_is_named_exists(String part) throws Exception {
    List<String> types = types(part);
    assertFalse(types.isEmpty());
    for (String type : types) {
      Class.forName(type, false, NativeMetadataTest.class.getClassLoader());
    }
  }

  private static List<String> types(String part) throws IOException {
    String resource = "/META-INF/native-image/io.zeoraid/" + part + "/reachability-metadata.json";
    List<String> types = new ArrayList<>();
    try (InputStream in = NativeMetadataTest.class.getResourceAsStream(resource)) {
      for (JsonNode entry : new ObjectMapper().readTree(in).path("reflection")) {
        types.add(entry.path("type").asText());
      }
    }
    return types;
  }
}
