package io.zeoraid.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FingerprintTest {

  private static String of(Object value) {
    Fingerprint print = new Fingerprint();
    print.plain(value);
    return print.hex();
  }

  private static Map<String, Object> nested(byte last) {
    return Map.of("place", Map.of("of", List.of(new byte[] {-1, last}, 1.5)));
  }

  @Test
  void comparesWhatIsWithinByContent() {
    assertEquals(of(nested((byte) 1)), of(nested((byte) 1)));
    assertNotEquals(of(nested((byte) 1)), of(nested((byte) 2)));
  }

  @Test
  void textAndItsBytesAreAlike() {
    assertEquals(of("größer"), of("größer".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }
}
