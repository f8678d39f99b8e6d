package io.zeoraid.server.storage;

import io.zeoraid.protocol.Request;
import io.zeoraid.raid.NoOps;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The transaction without records that fences a former primary. Its description says to people what
 * it is.
 */
final class NoOp {
  private NoOp() {}

  static TransactionBuffer transaction() {
    return new TransactionBuffer(
        0,
        new Request.TpcBegin(
            0L,
            "".getBytes(StandardCharsets.UTF_8),
            NoOps.DESCRIPTION.getBytes(StandardCharsets.UTF_8),
            new byte[0],
            null,
            " "),
        new TransactionBuffer.Limits(0, 0, Path.of("")));
  }
}
