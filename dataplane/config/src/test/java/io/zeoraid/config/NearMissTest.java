package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearMissTest {

  private static final List<String> KEYS =
      List.of("server", "storage", "read-only", "wait", "ping-interval", "name");

  @ParameterizedTest
  @CsvSource({
    "sever,server",
    "sevrer,server",
    "serverr,server",
    "servers,server",
    "zerver,server",
    "read_only,read-only",
    "readonly,read-only",
    "ping-intervall,ping-interval",
    "wiat,wait",
    "blob-dir,''",
    "sv,''",
    "w,''",
    "xxit,''"
  })
  void findsWhatWasMeant(String written, String expected) {
    assertEquals(expected, NearMiss.find(written, KEYS).orElse(""));
  }

  @ParameterizedTest
  @CsvSource({"'',abc,3", "abc,abc,0", "abc,acb,1", "kitten,sitting,3", "ab,ba,1", "ca,abc,3"})
  void countsSlipsOfThePen(String a, String b, int expected) {
    assertEquals(expected, NearMiss.distance(a, b));
    assertEquals(expected, NearMiss.distance(b, a));
  }

  @Test
  void doesNotCompareHugeWords() {
    assertEquals("", NearMiss.hint("server".repeat(1000), KEYS));
  }
}
