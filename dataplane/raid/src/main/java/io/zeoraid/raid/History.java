package io.zeoraid.raid;

import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.ProtocolException;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.TransactionHeader;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The history of a backend as it is read: transaction by transaction, record by record. */
interface History {

  /** What was read. */
  sealed interface Step {
    record Header(TransactionHeader header) implements Step {}

    record Data(DataRecord record) implements Step {}

    /** No further record in this transaction, or no further transaction. */
    record End() implements Step {}

    record Broken(String why) implements Step {}
  }

  Step END = new Step.End();

  /** Reads the next header; the records of the one before must have been read to their end. */
  void nextHeader(Consumer<Step> then);

  /** Reads the next record of the transaction whose header came last. */
  void nextRecord(Consumer<Step> then);

  /** The header in the answer to {@code iterator_next}. */
  static Step header(Answer answer) {
    return step(
        answer,
        value -> {
          TransactionHeader header = Results.transaction(value);
          return header == null ? END : new Step.Header(header);
        });
  }

  /** The record in the answer to {@code iterator_record_next}. */
  static Step record(Answer answer) {
    return step(
        answer,
        value -> {
          DataRecord record = Results.record(value);
          return record == null ? END : new Step.Data(record);
        });
  }

  private static Step step(Answer answer, Function<@Nullable Object, Step> read) {
    if (!(answer instanceof Answer.Value(Object value))) {
      return broken(answer);
    }
    try {
      return read.apply(value);
    } catch (ProtocolException e) {
      return new Step.Broken(String.valueOf(e.getMessage()));
    }
  }

  /** What went wrong. */
  static Step broken(Answer answer) {
    return switch (answer) {
      case Answer.Failed failed -> new Step.Broken(Errors.describe(failed.error()));
      case Answer.Lost lost -> new Step.Broken(lost.why());
      case Answer.Value value -> throw new IllegalStateException("not broken: " + value);
    };
  }
}
