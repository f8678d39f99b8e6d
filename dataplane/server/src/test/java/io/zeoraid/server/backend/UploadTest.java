package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import io.zeoraid.server.backend.FakeZeo.Peer;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.transaction.TransactionBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A transaction on its way to a backend. */
@Timeout(120)
final class UploadTest {
  private static final long LONG = 60_000;
  private static final long VOTE = 10;
  private static final long LAST_TRANSACTION = 11;
  private static final Tid TID = new Tid(0x200);
  private static final int MIB = 1 << 20;

  private final Loop loop = new Loop("test");
  private final Heard heard = new Heard();
  @TempDir private Path directory;
  private FakeZeo zeo;
  private BackendConnection connection;
  private Peer peer;

  @BeforeEach
  void connect() throws Exception {
    zeo = FakeZeo.onLoopback();
    connection =
        new BackendConnection(
            loop,
            new BackendTarget(
                "a",
                List.of(zeo.address()),
                "1",
                "us",
                8 * MIB,
                LONG,
                LONG,
                BackendTarget.Kind.BACKEND,
                Optional.empty()),
            heard);
    onLoop(() -> connection.open(LONG));
    peer = zeo.acceptReady(Tid.NONE);
    assertInstanceOf(Heard.Info.class, heard.next());
    assertInstanceOf(Heard.Opened.class, heard.next());
  }

  @AfterEach
  void stop() throws IOException {
    peer.close();
    zeo.close();
    loop.close();
  }

  @Test
  void isFollowedByTheVoteAndLastTransaction() throws Exception {
    TransactionBuffer transaction = transaction(1, 3, 10);
    onLoop(() -> connection.transact(VOTE, LAST_TRANSACTION, transaction, TID));

    assertEquals(TID, assertInstanceOf(Request.TpcBegin.class, peer.next().request()).tid());
    for (int oid = 0; oid < 3; oid++) {
      assertEquals(
          new Oid(oid), assertInstanceOf(Request.Store.class, peer.next().request()).oid());
    }
    Call vote = peer.expect("vote");
    Call last = peer.expect("lastTransaction");
    peer.reply(vote, List.of());
    peer.reply(last, Tid.NONE.toBytes());

    assertEquals(VOTE, assertInstanceOf(Heard.Replied.class, heard.next()).call());
    assertEquals(LAST_TRANSACTION, assertInstanceOf(Heard.Replied.class, heard.next()).call());
  }

  @Test
  void whatIsAskedForMeanwhileGoesBehindIt() throws Exception {
    TransactionBuffer large = transaction(1, 32, MIB);
    TransactionBuffer small = transaction(2, 1, 10);
    onLoop(() -> {
      connection.transact(VOTE, LAST_TRANSACTION, large, TID);
      connection.call(20, new Request.LastTransaction());
      connection.transact(30, 31, small, TID.next());
      connection.call(40, new Request.TpcAbort(2L));
    });

    peer.expect("tpc_begin");
    for (int i = 0; i < 32; i++) {
      peer.expect("storea");
    }
    peer.expect("vote");
    peer.expect("lastTransaction");
    assertEquals(20L, peer.expect("lastTransaction").id());
    peer.expect("tpc_begin");
    peer.expect("storea");
    assertEquals(30L, peer.expect("vote").id());
    assertEquals(31L, peer.expect("lastTransaction").id());
    assertEquals(40L, peer.expect("tpc_abort").id());
  }

  @Test
  void isSentAsFastAsTheBackendTakesItAndAnAbortStopsIt() throws Exception {
    TransactionBuffer transaction = transaction(1, 64, MIB);
    onLoop(() -> {
      connection.transact(VOTE, LAST_TRANSACTION, transaction, TID);
      connection.call(20, new Request.LastTransaction());
    });
    onLoop(() -> connection.call(21, new Request.TpcAbort(1L)));

    peer.expect("tpc_begin");
    int stores = 0;
    Call next = peer.next();
    while (next.request() instanceof Request.Store) {
      stores++;
      next = peer.next();
    }
    assertTrue(stores < 64, stores + " stores were sent although nobody took them");
    assertInstanceOf(Request.TpcAbort.class, next.request());
    peer.reply(next, null);
    assertEquals(new Heard.Replied(21, null), heard.next());
    assertEquals(20L, peer.expect("lastTransaction").id());
  }

  @Test
  void anAbortWithinABlobEndsTheBlobFirst() throws Exception {
    TransactionBuffer transaction = transaction(1, 0, 0);
    transaction.startBlob(new Request.StoreBlobStart());
    for (int i = 0; i < 640; i++) {
      transaction.storeBlobChunk(new Request.StoreBlobChunk(new byte[MIB / 10]));
    }
    transaction.endBlob(new Request.StoreBlobEnd(new Oid(1), Tid.NONE, new byte[1], 9L));
    onLoop(() -> connection.transact(VOTE, LAST_TRANSACTION, transaction, TID));
    onLoop(() -> connection.call(21, new Request.TpcAbort(1L)));

    peer.expect("tpc_begin");
    peer.expect("storeBlobStart");
    int chunks = 0;
    Call next = peer.next();
    while (next.request() instanceof Request.StoreBlobChunk) {
      chunks++;
      next = peer.next();
    }
    assertTrue(chunks < 640, chunks + " chunks were sent although nobody took them");
    assertInstanceOf(Request.StoreBlobEnd.class, next.request());
    peer.expect("tpc_abort");
  }

  @Test
  void oneThatEndsMeanwhileIsForgottenByTheBackendWhichIsNotLost() throws Exception {
    TransactionBuffer transaction = transaction(1, 64, MIB, 0);
    onLoop(() -> connection.transact(VOTE, LAST_TRANSACTION, transaction, TID));
    onLoop(transaction::close);

    peer.expect("tpc_begin");
    Call next = peer.next();
    while (next.request() instanceof Request.Store) {
      next = peer.next();
    }
    refuse(next);
  }

  @Test
  void oneThatHasEndedBeforeItsTurnIsRefusedByTheBackendWhichIsNotLost() throws Exception {
    TransactionBuffer transaction = transaction(1, 1, 10);
    transaction.close();
    onLoop(() -> connection.transact(VOTE, LAST_TRANSACTION, transaction, TID));

    peer.expect("tpc_begin");
    refuse(peer.next());
  }

  /** The backend does what a stock one does: the vote is on a transaction that it doesn't know. */
  private void refuse(Call abort) throws Exception {
    assertEquals(new Request.TpcAbort(1L), abort.request());
    peer.reply(abort, null);
    peer.fail(peer.expect("vote"), Errors.wrongTransaction(null, 1L));
    peer.reply(peer.expect("lastTransaction"), Tid.NONE.toBytes());

    assertEquals(VOTE, assertInstanceOf(Heard.Failed.class, heard.next()).call());
    assertEquals(LAST_TRANSACTION, assertInstanceOf(Heard.Replied.class, heard.next()).call());
  }

  private TransactionBuffer transaction(long id, int stores, int size) {
    return transaction(id, stores, size, 1L << 30);
  }

  private TransactionBuffer transaction(long id, int stores, int size, long memoryBytes) {
    TransactionBuffer buffer =
        new TransactionBuffer(
            id,
            new Request.TpcBegin(9L, new byte[0], new byte[0], new byte[0], null, " "),
            new TransactionBuffer.Limits(memoryBytes, 1L << 30, directory));
    for (int oid = 0; oid < stores; oid++) {
      buffer.store(new Request.Store(new Oid(oid), Tid.NONE, new byte[size], 9L));
    }
    return buffer;
  }

  private void onLoop(Runnable task) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    loop.execute(() -> {
      task.run();
      done.complete(true);
    });
    done.join();
  }
}
