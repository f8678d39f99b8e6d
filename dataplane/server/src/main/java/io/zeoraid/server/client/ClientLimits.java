package io.zeoraid.server.client;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.server.transaction.TransactionBuffer;

/**
 * What clients are granted.
 *
 * @param announced the encoding that the server names in its greeting; a client may choose the
 *     other one
 * @param maxFrameBytes a longer message ends the connection
 * @param writeBufferBytes a client that leaves more than this unread is disconnected
 * @param maxConnections one more client than this is refused
 * @param transactions how transactions are buffered
 * @param peerTimeoutMillis a ZEORaid server that follows and does not call for so long is gone
 * @param readOnly whether nobody may write
 * @param resolvesConflicts whether clients resolve the conflicts of what they store
 * @param budget how much they may take up
 */
public record ClientLimits(
    Encoding announced,
    int maxFrameBytes,
    long writeBufferBytes,
    int maxConnections,
    TransactionBuffer.Limits transactions,
    long peerTimeoutMillis,
    boolean readOnly,
    boolean resolvesConflicts,
    ClientBudget budget) {}
