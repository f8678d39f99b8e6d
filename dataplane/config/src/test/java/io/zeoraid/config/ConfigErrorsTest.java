package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every kind of error, with its exact message. */
class ConfigErrorsTest {

  private static final String ZEO_KEYS =
      "Allowed: address, client-conflict-resolution, client-write-buffer, control-address,"
          + " drain-timeout, handshake-timeout, http-address, invalidation-age, invalidation-queue-size,"
          + " max-call-size, max-calls, max-connections, max-message-size, msgpack, peer-address, pid-filename, read-only,"
          + " total-client-memory, transaction-timeout";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          adress 8100                | 3: <zeo>: unknown key 'adress'; did you mean 'address'? KEYS
          read_only yes              | 3: <zeo>: unknown key 'read_only'; did you mean 'read-only'? KEYS
          colour red                 | 3: <zeo>: unknown key 'colour'. KEYS
          monitor-adress 8101        | 3: <zeo>: unknown key 'monitor-adress'; did you mean 'monitor-address'? KEYS
          storage 1                  | 3: <zeo>: unknown key 'storage'; it is a key of <zeoclient>. KEYS
          msgpack=yes                | 3: <zeo>: unknown key 'msgpack=yes'; key and value are separated by white space, not by '='. KEYS
          colour = red               | 3: <zeo>: unknown key 'colour'; key and value are separated by white space, not by '='. KEYS
          address 8200               | 3: <zeo>: address is given twice, first in line 2
          read-only maybe            | 3: <zeo>: read-only must be yes or no (also true/false, on/off), not 'maybe'
          read-only yes # for now    | 3: <zeo>: read-only must be yes or no (also true/false, on/off), not 'yes # for now'; a comment needs a line of its own
          read-only                  | 3: <zeo>: read-only has no value; it must be yes or no (also true/false, on/off)
          invalidation-queue-size 0  | 3: <zeo>: invalidation-queue-size must be a whole number between 1 and 1000000, not '0'
          transaction-timeout soon   | 3: <zeo>: transaction-timeout must be a number of seconds between 0.1 and 604800, or with a unit s, m, h, d or w, such as 90 or 1.5m, not 'soon'
          max-message-size 2GB       | 3: <zeo>: max-message-size must be a size between 64KB and 2047MB, in bytes or with KB, MB or GB, such as 64MB, not '2GB'
          http-address localhost     | 3: <zeo>: http-address must be an address to listen at: PORT, HOST:PORT, [IPV6]:PORT, or the path of a Unix socket with at least one '/', not 'localhost'; the port is missing
          http-address :8100         | 3: <zeo>: address and http-address are both ':8100'; each needs its own
          control-address 8100       | 3: <zeo>: address and control-address are both ':8100'; each needs its own
          peer-address zeoraid-1     | 3: <zeo>: peer-address must be an address to connect to: PORT, HOST:PORT, [IPV6]:PORT, or the path of a Unix socket with at least one '/', not 'zeoraid-1'; the port is missing
          authentication-protocol srp | 3: <zeo>: authentication-protocol is not supported: ZEO 5 has no password authentication, so leaving this out would open the server unnoticed. Remove the key, and see to it that only your clients reach the port
          <raidstorage 2/>           | 3: <zeo>: <raidstorage 2> is not allowed here. Allowed: <control-ssl>, <ssl>
          <sll/>                     | 3: <zeo>: <sll> is not allowed here; did you mean 'ssl'? Allowed: <control-ssl>, <ssl>
          pid-filename $HOME/pid     | 3: key 'pid-filename': no %define above gives '$HOME' a value
          """)
  void namesWhatIsWrongInZeo(String line, String message) {
    assertEquals(List.of("<text>:" + message.replace("KEYS", ZEO_KEYS)), errors(line, "", "", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cluster-mode copp          | 7: <raidstorage 1>: cluster-mode must be single or coop, not 'copp'; did you mean 'coop'?
          fail-mode open             | 7: <raidstorage 1>: fail-mode must be close or read-only, not 'open'
          shared-blob-dir yes        | 7: <raidstorage 1>: shared-blob-dir yes needs a blob-dir that is shared
          ping-interval 10           | 7: <raidstorage 1>: ping-interval (10 s) must be shorter than timeout (10 s)
          timeout 1.5                | 7: <raidstorage 1>: ping-interval (2 s) must be shorter than timeout (1.5 s)
          timeout never              | 7: <raidstorage 1>: timeout must be a number of seconds between 0.1 and 3600, or with a unit s, m, h, d or w, such as 90 or 1.5m, not 'never'
          transaction-memory 16M     | 7: <raidstorage 1>: transaction-memory must be a size between 64KB and 64GB, in bytes or with KB, MB or GB, such as 64MB, not '16M'
          max-transaction-size 1025GB | 7: <raidstorage 1>: max-transaction-size must be a size between 1MB and 1024GB, in bytes or with KB, MB or GB, such as 64MB, not '1025GB'
          heartbeat-interval 0.01    | 7: <raidstorage 1>: heartbeat-interval must be a number of seconds between 0.05 and 60, or with a unit s, m, h, d or w, such as 90 or 1.5m, not '0.01'
          cache-size 65GB            | 7: <raidstorage 1>: cache-size must be a size between 0 and 64GB, in bytes or with KB, MB or GB, such as 64MB, not '65GB'
          membership-kubernetes a/b/c | 7: <raidstorage 1>: membership-kubernetes must be NAME or NAMESPACE/NAME of a ZeoRaidMembership, not 'a/b/c'; a name has 1 to 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends
          membership-kubernetes a¶membership-file b | 7: <raidstorage 1>: membership-file and membership-kubernetes are both given; a storage has one record
          <filestorage 3/>           | 7: <raidstorage 1>: <filestorage 3> is not supported: only <zeoclient NAME> within a <raidstorage NAME> is. Let a ZEO server of its own serve that storage, and give its address in a <zeoclient NAME>
          <zeoclent 3/>              | 7: <raidstorage 1>: <zeoclent 3> is not allowed here; did you mean 'zeoclient'? Allowed: <clientstorage>, <zeoclient>
          <zeoclient 3/>             | 7: <zeoclient 3>: server is missing; it must be an address to connect to: PORT, HOST:PORT, [IPV6]:PORT, or the path of a Unix socket with at least one '/'
          """)
  void namesWhatIsWrongInARaid(String line, String message) {
    assertEquals(List.of("<text>:" + message), errors("", line.replace('¶', '\n'), "", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          read-only on               | 10: <zeoclient 1>: read-only must be no: every backend is written to. To serve the storage read-only, put 'read-only yes' into the <raidstorage>
          server zeo2:8101           | 10: <zeoclient 1>: server 'zeo2:8101' with storage '1' is used by <zeoclient 1> of <raidstorage 1> in line 9 already; one copy can't count twice
          server localhost:8100      | 10: <zeoclient 1>: server 'localhost:8100' is the address of this very server (see <zeo>); a backend must be another one
          server zeo3:0              | 10: <zeoclient 1>: server must be an address to connect to: PORT, HOST:PORT, [IPV6]:PORT, or the path of a Unix socket with at least one '/', not 'zeo3:0'; a port is a number between 1 and 65535
          storage                    | 10: <zeoclient 1>: storage has no value; it must be some text
          <ssl/>                     | 10: <ssl>: certificate is missing; it must be the path of a file or directory
          """)
  void namesWhatIsWrongInABackend(String line, String message) {
    assertEquals(List.of("<text>:" + message), errors("", "", line, ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          address 8100               | 13: key 'address' stands outside of any section; it is a key of <zeo>
          colour red                 | 13: key 'colour' stands outside of any section
          <zeoclient 2/>             | 13: <zeoclient 2> must stand within a <raidstorage NAME> section
          <filestorage 2/>           | 13: <filestorage 2> is not supported: only <zeoclient NAME> within a <raidstorage NAME> is. Let a ZEO server of its own serve that storage, and give its address in a <zeoclient NAME>
          <raidstroage 2/>           | 13: <raidstroage 2> is not allowed here; did you mean 'raidstorage'? Allowed: <eventlog>, <raidstorage>, <runner>, <zeo>
          <zodb main/>               | 13: <zodb main> is not allowed here. Allowed: <eventlog>, <raidstorage>, <runner>, <zeo>
          <raidstorage 2/>           | 13: <raidstorage 2>: has no backends: it needs 1 to 16 <zeoclient NAME> sections
          <zeo b/>                   | 13: only one <zeo> is allowed, and there is one in line 1
          %include missing.conf      | 13: %include: missing.conf does not exist
          %include http://zope.org/x | 13: %include takes the name of a file, not 'http://zope.org/x'
          <eventlog>¶level loud¶</eventlog>  | 14: <eventlog>: level must be critical, error, warning, info, blather, debug, trace, all, notset or a number from 0 to 50, not 'loud'
          <eventlog>¶<logfile/>¶</eventlog>  | 14: <logfile>: path is missing; it must be STDOUT, STDERR or the path of a file
          <eventlog>¶<logfile>¶path x¶<a/>¶</logfile>¶</eventlog> | 16: <logfile>: <a> is not allowed here: no section is
          """)
  void namesWhatIsWrongOutside(String lines, String message) {
    assertEquals(List.of("<text>:" + message), errors("", "", "", lines.replace('¶', '\n')));
  }

  @Test
  void saysThatABackendNeedsAName() {
    assertEquals(
        List.of(
            "<text>:11: <zeoclient>: a backend needs a name: write <zeoclient NAME>. Status,"
                + " recovery and the record of members use it"),
        errors("", "", "</zeoclient>\n<zeoclient>\nserver zeo3:8101", ""));
  }

  @Test
  void saysWhatIsMissing() {
    assertEquals(
        List.of(
            "<text>:1: a <zeo> section is missing: it says where clients connect",
            "<text>:1: a <raidstorage NAME> section is missing: it holds the backends, as"
                + " <zeoclient NAME> sections"),
        errors("# nothing"));
    assertEquals(
        List.of(
            "<text>:1: <zeo>: address is missing; it must be an address to listen at: PORT,"
                + " HOST:PORT, [IPV6]:PORT, or the path of a Unix socket with at least one '/'",
            "<text>:2: <raidstorage>: has no backends: it needs 1 to 16 <zeoclient NAME> sections"),
        errors("<zeo/>\n<raidstorage/>"));
  }

  @Test
  void refusesNamesThatAreTaken() {
    assertEquals(
        List.of(
            "<text>:11: <zeoclient 1>: the name '1' is taken by the <zeoclient> in line 8; names"
                + " must differ, also in more than case"),
        errors("", "", "</zeoclient>\n<zeoclient 1>\nserver zeo3:8101", ""));
    assertEquals(
        List.of(
            "<text>:13: <raidstorage>: the name '1' is taken by the <raidstorage> in line 6; names"
                + " must differ, also in more than case"),
        errors(
            "",
            "",
            "",
            "<raidstorage>\n<zeoclient 1>\nserver zeo3:8101\n</zeoclient>\n</raidstorage>"));
  }

  @Test
  void refusesNamesThatAreTooLong() {
    assertEquals(
        List.of(
            "<text>:11: <zeoclient %s…: the name is longer than 100 characters"
                .formatted("x".repeat(49))),
        errors("", "", "</zeoclient>\n<zeoclient " + "x".repeat(101) + ">\nserver zeo3:8101", ""));
  }

  @Test
  void refusesABackendOfTwoStorages() {
    assertEquals(
        List.of(
            "<text>:12: <zeoclient b>: server 'localhost:8101' with storage '1' is used by"
                + " <zeoclient a> of <raidstorage main> in line 7 already; one copy can't count twice",
            "<text>:14: <raidstorage other>: membership-file 'm' is that of <raidstorage main>; each"
                + " storage needs its own"),
        errors(
            """
            <zeo>
            address 8100
            </zeo>
            <raidstorage main>
            membership-file x/../m
            <zeoclient a>
            server 8101
            </zeoclient>
            </raidstorage>
            <raidstorage other>
            <zeoclient b>
            server localhost:8101
            </zeoclient>
            membership-file m
            </raidstorage>
            """));
  }

  @Test
  void refusesARecordOfTwoStorages() {
    assertEquals(
        List.of(
            "<text>:17: <raidstorage 2>: membership-kubernetes 'zope/main' is that of <raidstorage"
                + " 1>; each storage needs its own"),
        errors(
            "",
            "membership-kubernetes zope/main",
            "",
            "<raidstorage 2>\n<zeoclient 1>\nserver zeo3:8101\n</zeoclient>\n"
                + "membership-kubernetes zope/main\n</raidstorage>"));
  }

  @Test
  void refusesASecondSectionWhereOneIsAllowed() {
    String ssl = "<ssl>\ncertificate c\nauthenticate a\n</ssl>";

    assertEquals(
        List.of("<text>:7: <zeo>: only one <ssl> is allowed, and there is one in line 3"),
        errors(ssl + "\n" + ssl, "", "", ""));
  }

  @Test
  void wantsToKnowWhoMayControl() {
    assertEquals(
        List.of(
            "<text>:3: <control-ssl>: authenticate is missing; it must be some text",
            "<text>:3: <control-ssl>: certificate is missing; it must be the path of a file or"
                + " directory"),
        errors("<control-ssl/>", "", "", ""));
    assertEquals(
        List.of(
            "<text>:5: <control-ssl>: authenticate must be a file or directory with the"
                + " certificates to trust; SIGNED is for programs in Python"),
        errors("<control-ssl>\ncertificate c\nauthenticate SIGNED\n</control-ssl>", "", "", ""));
  }

  @Test
  void refusesMoreStoragesThanAnyoneNeeds() {
    StringBuilder text = new StringBuilder();
    for (int i = 2; i <= 65; i++) {
      text.append(
          "<raidstorage %d>\n<zeoclient a>\nserver zeo%d:1\n</zeoclient>\n</raidstorage>\n"
              .formatted(i, i + 1));
    }

    assertEquals(
        List.of("<text>:328: more than 64 storages are too many"),
        errors("", "", "", text.toString()));
  }

  @Test
  void servesSeveralStoragesOfOneServer() throws ConfigException {
    String text =
        """
        <zeo>
        address 8100
        </zeo>
        <raidstorage main>
        <zeoclient a>
        server 8101
        </zeoclient>
        </raidstorage>
        <raidstorage other>
        <zeoclient a>
        server 8101
        storage other
        </zeoclient>
        </raidstorage>
        """;

    assertEquals(2, ServerConfig.parse(text, Path.of("")).storages().size());
  }

  @Test
  void refusesMoreBackendsThanARaidCanHave() {
    StringBuilder text = new StringBuilder("<zeo>\naddress 8100\n</zeo>\n<raidstorage>\n");
    for (int i = 1; i <= 17; i++) {
      text.append("<zeoclient %d>\nserver zeo%d:8101\n</zeoclient>\n".formatted(i, i));
    }

    assertEquals(
        List.of("<text>:53: <raidstorage>: has 17 backends; at most 16 are allowed"),
        errors(text + "</raidstorage>"));
  }

  @Test
  void reportsAllErrorsInTheOrderOfTheFile() {
    assertEquals(
        List.of(
            "<text>:3: <zeo>: unknown key 'colour'. " + ZEO_KEYS,
            "<text>:4: %define: a name consists of ASCII letters, digits and underscores and does"
                + " not begin with a digit, unlike '1'",
            "<text>:8: <raidstorage 1>: auto-recover must be yes or no (also true/false, on/off),"
                + " not 'perhaps'",
            "<text>:11: key 'storage': no %define above gives '$nope' a value",
            "<text>:14: <runer> is not allowed here; did you mean 'runner'? Allowed: <eventlog>,"
                + " <raidstorage>, <runner>, <zeo>"),
        errors("colour red\n%define 1 2", "auto-recover perhaps", "storage $nope", "<runer/>"));
  }

  @Test
  void reportsOnlySyntaxIfSectionsDoNotMatch() {
    assertEquals(
        List.of("<text>:3: <raidstorage 1> is not closed: </raidstorage> is missing"),
        errors("<zeo>\n</zeo>\n<raidstorage 1>\n<zeoclient 1>\n</zeoclient>\n"));
    assertEquals(
        List.of(
            "<text>:5: </raidstorage> does not match <zeoclient 1>, opened in line 4",
            "<text>:8: </eventlog> closes nothing: no section is open here"),
        errors(
            "<zeo>\n</zeo>\n<raidstorage 1>\n<zeoclient 1>\n</raidstorage>\n<eventlog>\n</eventlog>\n"
                + "</eventlog>\n"));
  }

  /** The lines put into the ends of the sections of a file that is right. */
  private static List<String> errors(String zeo, String raid, String backend, String outside) {
    return errors(
        """
        <zeo>
        address 8100
        %s
        </zeo>

        <raidstorage 1>
        %s
        <zeoclient 1>
        server zeo2:8101
        %s
        </zeoclient>
        </raidstorage>
        %s
        """
            .formatted(zeo, raid, backend, outside));
  }

  private static List<String> errors(String text) {
    ConfigException exception =
        assertThrows(ConfigException.class, () -> ServerConfig.parse(text, Path.of("")));
    List<String> errors = exception.errors().stream().map(ConfigError::toString).toList();
    assertEquals(String.join("\n", errors), exception.getMessage());
    return errors;
  }
}
