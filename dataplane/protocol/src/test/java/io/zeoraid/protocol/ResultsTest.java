package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private static final byte[] EIGHT = new byte[8];

  @Test
  void noneMeansNothingThere() {
    assertNull(Results.loaded(null));
    assertNull(Results.transaction(null));
    assertNull(Results.record(null));
    assertNull(Results.invalidations(null));
    assertEquals(Tid.NONE, Results.tid(null));
    assertEquals(new VoteAnswer.Resolved(List.of()), Results.vote(null));
  }

  @Test
  void conflictsForTheClientAreToldFromResolvedOids() {
    Map<String, Object> conflict =
        Map.of("oid", EIGHT, "serials", List.of(EIGHT, EIGHT), "data", new byte[3]);
    var answer =
        assertInstanceOf(
            VoteAnswer.ClientConflicts.class, Results.vote(new PyList(List.of(conflict))));
    assertEquals(1, answer.conflicts().size());
    assertEquals(new VoteAnswer.Resolved(List.of(Oid.ROOT)), Results.vote(List.of((Object) EIGHT)));
  }

  @Test
  void otherShapesAreRefusedInWords() {
    List<Consumer<@Nullable Object>> readers =
        List.of(
            Results::loaded,
            Results::tid,
            Results::oids,
            Results::transaction,
            Results::record,
            Results::currentRecord,
            Results::bytes,
            Results::number,
            Results::info,
            Results::vote,
            Results::invalidations,
            Results::entries);
    List<@Nullable Object> wrong = new ArrayList<>();
    wrong.add("text");
    wrong.add(true);
    wrong.add(1.5);
    wrong.add(List.of(1L));
    wrong.add(List.of(EIGHT, List.of(new byte[7]), 3L, 4L, 5L));
    wrong.add(Arrays.asList(EIGHT, null, null, null));
    wrong.add(Arrays.asList(null, null, null));
    wrong.add(Map.of(1L, 2L));
    wrong.add(List.of(Map.of("oid", EIGHT), "x"));
    wrong.add(List.of(Map.of(1L, EIGHT)));
    for (Consumer<@Nullable Object> reader : readers) {
      for (Object value : wrong) {
        var e = assertThrows(ProtocolException.class, () -> reader.accept(value));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains(" should "), message);
      }
    }
  }
}
