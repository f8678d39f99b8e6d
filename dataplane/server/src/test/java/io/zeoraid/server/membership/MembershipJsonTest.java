package io.zeoraid.server.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.membership.Stored;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class MembershipJsonTest {
  private static final String TEXT =
      """
      {
        "format" : 2,
        "version" : "12",
        "revision" : 9,
        "epoch" : 7,
        "primary" : "zeo-0",
        "address" : "zeo-0.example.org:8100",
        "number" : 255,
        "lastTid" : "ff020a1b2c3d4e5f",
        "nextOid" : "18446744073709551615",
        "backends" : {
          "a" : {
            "state" : "in-sync"
          },
          "b" : {
            "state" : "recovering"
          },
          "c" : {
            "state" : "out",
            "reason" : "failed",
            "text" : "no \\"connection\\""
          }
        }
      }
      """;

  private static final Stored STORED =
      new Stored(
          "12",
          new MembershipRecord(
              9,
              7,
              "zeo-0",
              "zeo-0.example.org:8100",
              255,
              new TreeMap<>(
                  Map.of(
                      new BackendName("a"),
                      BackendState.IN_SYNC,
                      new BackendName("b"),
                      BackendState.RECOVERING,
                      new BackendName("c"),
                      new BackendState.Out(OutReason.FAILED, "no \"connection\""))),
              new Tid(0xff020a1b2c3d4e5fL),
              -1));

  @Test
  void isTextThatAPersonCanRead() {
    assertEquals(TEXT, MembershipJson.write(STORED).replace("\r\n", "\n"));
  }

  @Test
  void readsWhatItWrites() {
    assertEquals(STORED, MembershipJson.read(TEXT));
  }

  @Test
  void readsARecordOfTheTimeWhenThereWasOneServer() {
    String old =
        TEXT.replace("\"format\" : 2", "\"format\" : 1")
            .replace("  \"revision\" : 9,\n", "")
            .replace("  \"address\" : \"zeo-0.example.org:8100\",\n", "");
    MembershipRecord now = STORED.record();

    assertEquals(
        new Stored(
            "12",
            new MembershipRecord(
                0,
                now.epoch(),
                now.primary(),
                "",
                now.number(),
                now.backends(),
                now.lastTid(),
                now.nextOid())),
        MembershipJson.read(old));
  }

  @ParameterizedTest
  @EnumSource
  void readsEveryReasonThatItWrites(OutReason reason) {
    Stored stored =
        new Stored(
            "1",
            MembershipRecord.first(
                Map.of(
                    new BackendName("a"),
                    BackendState.IN_SYNC,
                    new BackendName("b"),
                    new BackendState.Out(reason, "")),
                Tid.NONE));

    assertEquals(stored, MembershipJson.read(MembershipJson.write(stored)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"format\" : 2      | \"format\" : 3       | its format is 3, this version reads 2",
        "\"revision\" : 9,   | ``                   | revision should be a whole number, not null",
        "\"address\" : \"zeo-0.example.org:8100\", | `` | address should be text, not null",
        "\"version\" : \"12\" | \"version\" : 12     | version should be text, not 12",
        "\"epoch\" : 7,      | ``                   | epoch should be a whole number, not null",
        "\"epoch\" : 7       | \"epoch\" : 7.5      | epoch should be a whole number, not 7.5",
        "\"number\" : 255    | \"number\" : 256     | a primary's number is 0-255, not 256",
        "\"number\" : 255    | \"number\" : 4294967296 | a primary's number is 0-255, not 256",
        "ff020a1b2c3d4e5f    | x                    | x",
        "in-sync             | out                  | reason should be text, not null",
        "in-sync             | recovering           | the in-sync set is never empty",
        "recovering          | lost                 | in-sync, recovering or out, not lost",
        "\"failed\"          | \"tired\"            | not tired",
        "\"epoch\"           | \"format\"           | Duplicate field 'format'",
      })
  void saysWhatIsWrong(String found, String instead, String words) {
    String text = TEXT.replace(found, instead);

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> MembershipJson.read(text));

    assertTrue(String.valueOf(e.getMessage()).contains(words), e.getMessage());
  }

  @Test
  void textThatEndsTooEarlyOrTooLateIsNoRecord() {
    assertThrows(IllegalArgumentException.class, () -> MembershipJson.read(""));
    assertThrows(IllegalArgumentException.class, () -> MembershipJson.read("null"));
    assertThrows(IllegalArgumentException.class, () -> MembershipJson.read(TEXT + "}"));
    String body = TEXT.strip();
    for (int length = 0; length < body.length(); length++) {
      String begin = body.substring(0, length);
      assertThrows(IllegalArgumentException.class, () -> MembershipJson.read(begin), begin);
    }
  }
}
