package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.config.DataType.Surroundings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The data types, compared with {@code ZConfig.datatypes.stock_datatypes} of ZConfig 4.3 where
 * there is one. {@code -} means refused.
 */
class DataTypesTest {

  private static final Surroundings HERE =
      new Surroundings(Path.of("conf"), Map.of("HOME", "/home/zope"));

  @ParameterizedTest
  @CsvSource({
    "yes,true",
    "YES,true",
    "true,true",
    "On,true",
    "no,false",
    "false,false",
    "off,false",
    "1,-",
    "t,-",
    "ja,-"
  })
  void readsBooleans(String text, String expected) {
    assertEquals(expected, show(DataTypes.yesOrNo(), text));
  }

  @ParameterizedTest
  @CsvSource({
    "1,1",
    "1000,1000",
    "1_000,1000",
    "+5,5",
    "007,7",
    "0,-",
    "1001,-",
    "-1,-",
    "5.0,-",
    "five,-",
    "99999999999999999999,-",
    "1__0,-",
    "_1,-",
    "0x10,-",
    "１２,-"
  })
  void readsWholeNumbers(String text, String expected) {
    assertEquals(expected, show(DataTypes.wholeNumber(1, 1000), text));
  }

  @ParameterizedTest
  @CsvSource({
    "65536,65536",
    "64KB,65536",
    "64kb,65536",
    "64 KB,65536",
    "1MB,1048576",
    "1_0MB,10485760",
    "1GB,1073741824",
    "+1MB,1048576",
    "65535,-",
    "63KB,-",
    "2GB,-",
    "1073741825,-",
    "1.5MB,-",
    "64M,-",
    "1MiB,-",
    "-1MB,-",
    "kb,-",
    "5b,-",
    "999999999999999GB,-",
    "9999999999999999999999,-"
  })
  void readsSizes(String text, String expected) {
    assertEquals(expected, show(DataTypes.byteSize(64 << 10, 1 << 30), text));
  }

  @ParameterizedTest
  @CsvSource({
    "10,PT10S",
    "0.5,PT0.5S",
    ".5,PT0.5S",
    "5.,PT5S",
    "90s,PT1M30S",
    "1.5m,PT1M30S",
    "2 h,PT2H",
    "2H,PT2H",
    "1d,PT24H",
    "1w,PT168H",
    "0.000000001w,PT0.0006048S",
    "8d,-",
    "1e3,-",
    "inf,-",
    "nan,-",
    "-1,-",
    "1ms,-",
    "m,-",
    "1h30m,-",
    "9999999999,-"
  })
  void readsDurations(String text, String expected) {
    assertEquals(expected, show(DataTypes.duration(Duration.ZERO, Duration.ofDays(7)), text));
  }

  @ParameterizedTest
  @CsvSource({
    "8100,:8100",
    ":8100,:8100",
    "HOST.example:8100,host.example:8100",
    "zeo_1:0,zeo_1:0",
    "10.0.0.1:65535,10.0.0.1:65535",
    "[::1]:8100,[::1]:8100",
    "[FE80::1%eth0]:8100,[fe80::1%eth0]:8100",
    "/var/run/ZEO.sock,/var/run/ZEO.sock",
    "./zeo.sock,./zeo.sock",
    "host,- the port is missing",
    "host:,- a port is a number between 0 and 65535",
    "host:zeo,- a port is a number between 0 and 65535",
    "65536,- a port is a number between 0 and 65535",
    "host:99999,- a port is a number between 0 and 65535",
    "host:9999999999,- a port is a number between 0 and 65535",
    "-1,- a port is a number between 0 and 65535",
    "::1,'- an IPv6 address needs brackets, as in [::1]:8100'",
    "::1:8100,'- an IPv6 address needs brackets, as in [::1]:8100'",
    "[::1],- '[:' is not a host",
    "[1:2:3]:8100,- '[1:2:3]' is not a host",
    "[::g]:8100,- '[::g]' is not a host",
    "host name:8100,- 'host name' is not a host",
    "-host:8100,- '-host' is not a host",
    "*:8100,'- for all interfaces leave the host out, as in :8100'",
    "http://host:8100,- a URL is not an address",
  })
  void readsAddressesToListenAt(String text, String expected) {
    assertEquals(expected, show(AddressType.listening(), text));
  }

  @ParameterizedTest
  @CsvSource({
    "8100,127.0.0.1:8100",
    ":8100,127.0.0.1:8100",
    "Host:8100,host:8100",
    "/var/run/zeo.sock,/var/run/zeo.sock",
    "0,- a port is a number between 1 and 65535",
    "host:0,- a port is a number between 1 and 65535",
    "host,- the port is missing",
  })
  void readsAddressesToConnectTo(String text, String expected) {
    assertEquals(expected, show(AddressType.connecting(), text));
  }

  @ParameterizedTest
  @CsvSource({
    "main,main",
    "zope/main,zope/main",
    "zope-1/main.site-2,zope-1/main.site-2",
    "1,1",
    "Main,-",
    "main_1,-",
    "-main,-",
    "main-,-",
    "main..site,-",
    "main.,-",
    "/main,-",
    "zope/,-",
    "zope.site/main,-",
    "Zope/main,-",
    "a/b/c,-",
  })
  void readsNamesOfKubernetes(String text, String expected) {
    assertEquals(expected, show(KubernetesName.type(), text).substring(0, expected.length()));
  }

  @Test
  void namesOfKubernetesAreAsLongAsTheApiServerTakesThem() {
    String namespace = "n".repeat(63) + "/main";
    String name = "zope/" + "n".repeat(253);

    assertEquals(namespace, show(KubernetesName.type(), namespace));
    assertEquals(name, show(KubernetesName.type(), name));
    assertTrue(
        show(KubernetesName.type(), "n" + namespace).startsWith("- a namespace has 1 to 63"));
    assertTrue(show(KubernetesName.type(), name + "n").startsWith("- a name has 1 to 253"));
  }

  @Test
  void refusesASocketPathTheSystemWouldCutOff() {
    String longest = "/" + "x".repeat(AddressType.MAX_SOCKET_PATH_BYTES - 1);

    assertEquals(longest, show(AddressType.listening(), longest));
    assertEquals(
        "- the path of a socket has at most 107 bytes, this one 108",
        show(AddressType.listening(), longest + "x"));
  }

  @ParameterizedTest
  @CsvSource({
    "critical,CRITICAL",
    "FATAL,CRITICAL",
    "error,ERROR",
    "warn,WARNING",
    "Warning,WARNING",
    "info,INFO",
    "blather,BLATHER",
    "debug,DEBUG",
    "trace,TRACE",
    "all,ALL",
    "notset,NOTSET",
    "50,CRITICAL",
    "41,CRITICAL",
    "40,ERROR",
    "25,WARNING",
    "20,INFO",
    "12,BLATHER",
    "2,TRACE",
    "1,ALL",
    "0,NOTSET",
    "51,-",
    "-1,-",
    "loud,-",
    "999999999999,-"
  })
  void readsLogLevels(String text, String expected) {
    assertEquals(expected, show(DataTypes.logLevel(), text));
  }

  @ParameterizedTest
  @CsvSource({
    "zeo.pid,zeo.pid",
    "/run/zeo.pid,/run/zeo.pid",
    "~/zeo.pid,/home/zope/zeo.pid",
    "~,/home/zope",
    "~zope/x,~zope/x"
  })
  void readsPathsAsWritten(String text, String expected) {
    assertEquals(expected, show(DataTypes.path(), text));
  }

  @ParameterizedTest
  @CsvSource({"m,conf/m", "../m,conf/../m", "/var/m,/var/m", "~/m,/home/zope/m"})
  void joinsPathsToTheDirectoryOfTheFile(String text, String expected) {
    assertEquals(expected, show(DataTypes.pathBesideFile(), text));
  }

  @Test
  void offersTheWordThatWasMeant() {
    assertEquals(
        "- did you mean 'single'?", show(DataTypes.oneOf(List.of("single", "coop")), "singel"));
  }

  @Test
  void everyDefaultIsOfItsType() {
    for (SectionType type : SectionTypes.ALL) {
      for (Key key : type.keys()) {
        if (key instanceof Key.Used<?> used && used.defaultText().isPresent()) {
          assertEquals(
              Conversion.Value.class,
              used.type().convert(used.defaultText().get(), HERE).getClass(),
              type.name() + " " + key.name());
        }
      }
    }
  }

  private static <T> String show(DataType<T> type, String text) {
    return switch (type.convert(text, HERE)) {
      case Conversion.Value<T>(T value) -> value.toString();
      case Conversion.Unsuitable<T>(String hint) -> ("- " + hint).strip();
    };
  }
}
