package io.zeoraid.server.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Results;
import io.zeoraid.protocol.ServerMessage;
import io.zeoraid.protocol.Tid;
import io.zeoraid.protocol.VoteAnswer;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.ClientRequest;
import io.zeoraid.server.transaction.SharedDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class ClientTransactionTest {
  private LoopbackServer server = new LoopbackServer(LoopbackServer.LIMITS);
  private RawClient client;

  @BeforeEach
  void connect() throws IOException {
    client = RawClient.registered(server.port, false);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void commits() throws Exception {
    server.storage.letWait(ClientRequest.Vote.class);
    client.send(begin(1));
    client.send(store(5, 10, 1));
    client.send(new Request.CheckCurrentSerial(new Oid(6), Tid.NONE, 1L));
    long vote = client.send(new Request.Vote(1L));

    FakeStorage.Asked asked = server.storage.unanswered.take();
    ClientRequest.Vote wanted = assertInstanceOf(ClientRequest.Vote.class, asked.what());
    assertEquals(List.of(new Oid(5)), wanted.transaction().oids());
    assertTrue(server.storage.held.containsKey(wanted.transaction().id()));
    answer(asked, new ClientReply.Voted(FakeStorage.LAST.next(), List.of(new Oid(5))));

    assertEquals(List.of(new Oid(5)), Results.oids(client.result(vote)));
    assertEquals(FakeStorage.LAST.next(), client.tid(new Request.TpcFinish(1L)));
    assertEquals(0, server.storage.held.size());
    assertEquals(1, server.storage.meters.commitCount());
    assertEquals(1, server.storage.meters.storeCount());
  }

  @Test
  void conflictsAreForTheClientToResolveIfTheServerSaysSo() throws Exception {
    restart(true);
    server.storage.changed =
        new TreeMap<>(Map.of(new Oid(5), new Tid(0x50), new Oid(7), new Tid(0x70)));
    server.storage.letWait(ClientRequest.Vote.class);
    client.send(begin(1));
    client.send(store(5, 10, 1));
    client.send(store(6, 10, 1));
    client.send(store(7, 20, 1));
    long vote = client.send(new Request.Vote(1L));
    FakeStorage.Asked first = server.storage.unanswered.take();
    answer(first, new ClientReply.Failed(conflict(5, 0x50)));

    VoteAnswer.ClientConflicts told =
        assertInstanceOf(VoteAnswer.ClientConflicts.class, Results.vote(client.result(vote)));
    assertEquals(2, told.conflicts().size());
    assertArrayEquals(new Oid(7).toBytes(), (byte[]) told.conflicts().get(1).get("oid"));

    client.send(store(5, 11, 1));
    client.send(store(7, 21, 1));
    long again = client.send(new Request.Vote(1L));
    FakeStorage.Asked second = server.storage.unanswered.take();
    answer(second, new ClientReply.Voted(FakeStorage.LAST.next(), List.of()));
    assertEquals(List.of(), Results.oids(client.result(again)));
    assertEquals(FakeStorage.LAST.next(), client.tid(new Request.TpcFinish(1L)));
    assertEquals(0, server.storage.held.size());
  }

  @Test
  void aClientThatCannotResolveAborts() throws Exception {
    restart(true);
    server.storage.letWait(ClientRequest.Vote.class);
    client.send(begin(1));
    client.send(store(5, 10, 1));
    long vote = client.send(new Request.Vote(1L));
    answer(server.storage.unanswered.take(), new ClientReply.Failed(conflict(5, 0x50)));
    client.result(vote);

    assertNull(client.result(new Request.TpcAbort(1L)));
    assertEquals(0, server.storage.held.size());
    client.send(begin(2));
  }

  @Test
  void conflictsAreErrorsIfTheServerDoesNotSaySo() throws Exception {
    server.storage.letWait(ClientRequest.Vote.class);
    client.send(begin(1));
    client.send(store(5, 10, 1));
    long vote = client.send(new Request.Vote(1L));
    answer(server.storage.unanswered.take(), new ClientReply.Failed(conflict(5, 0x50)));

    assertTrue(Errors.isConflict(client.error(vote)));
    assertEquals(0, server.storage.held.size());
  }

  private static RemoteError conflict(long oid, long committed) {
    return new RemoteError(
        "ZODB.POSException.ConflictError",
        Map.of(
            "message",
            "database conflict error",
            "oid",
            new Oid(oid).toBytes(),
            "serials",
            List.of(new Tid(committed).toBytes(), Tid.NONE.toBytes())));
  }

  private void restart(boolean resolves) throws IOException {
    stop();
    ClientLimits as = LoopbackServer.LIMITS;
    server =
        new LoopbackServer(
            new ClientLimits(
                as.announced(),
                as.maxFrameBytes(),
                as.writeBufferBytes(),
                as.maxConnections(),
                as.transactions(),
                as.peerTimeoutMillis(),
                false,
                resolves,
                as.budget()));
    connect();
  }

  @Test
  void aTransactionMayFollowAnother() throws IOException {
    for (long id = 1; id < 4; id++) {
      client.send(begin(id));
      client.send(store(5, 10, id));
      client.result(new Request.Vote(id));
      client.result(new Request.TpcFinish(id));
    }
    assertEquals(3, server.storage.meters.commitCount());
  }

  @Test
  void beginningTheSameTwiceIsNoHarmButTwoAtOnceCloseTheConnection() throws IOException {
    client.send(begin(1));
    client.send(begin(1));
    client.result(new Request.Ping());
    client.send(begin(2));

    assertEquals(0, client.awaitClose());
  }

  static List<Request> ofTransaction2() {
    return List.of(
        new Request.Store(new Oid(1), Tid.NONE, new byte[1], 2L),
        new Request.CheckCurrentSerial(new Oid(1), Tid.NONE, 2L),
        new Request.Restore(new Oid(1), Tid.NONE, null, null, 2L),
        new Request.DeleteObject(new Oid(1), Tid.NONE, 2L),
        new Request.Undo(new byte[12], 2L));
  }

  @ParameterizedTest
  @MethodSource("ofTransaction2")
  void aStoreForATransactionThatIsNotOpenClosesTheConnection(Request request) throws IOException {
    client.send(begin(1));
    client.send(request);

    assertEquals(0, client.awaitClose());
  }

  @ParameterizedTest
  @MethodSource("ofTransaction2")
  void aStoreAfterTheVoteClosesTheConnection(Request request) throws IOException {
    client.send(begin(2));
    client.result(new Request.Vote(2L));
    client.send(request);

    assertEquals(0, client.awaitClose());
  }

  @Test
  void aVoteOnWhatWasNotBegunIsAnError() throws IOException {
    assertEquals(Errors.wrongTransaction(null, 1L), client.error(new Request.Vote(1L)));
    client.send(begin(2));
    assertEquals(Errors.wrongTransaction(2L, 1L), client.error(new Request.Vote(1L)));
    client.result(new Request.Vote(2L));
  }

  @Test
  void aSecondVoteIsAnErrorAndTheFirstCounts() throws IOException {
    client.send(begin(1));
    client.result(new Request.Vote(1L));
    assertEquals(Errors.storageTransaction("Already voting"), client.error(new Request.Vote(1L)));
    client.result(new Request.TpcFinish(1L));
  }

  @Test
  void finishingWhatWasNotBegunDoesNothing() throws IOException {
    assertNull(client.result(new Request.TpcFinish(1L)));
  }

  @Test
  void finishingWithoutAVoteClosesTheConnection() throws IOException {
    client.send(begin(1));
    client.send(new Request.TpcFinish(1L));

    assertEquals(0, client.awaitClose());
  }

  @Test
  void abortingWhatWasNotBegunDoesNothing() throws IOException {
    assertNull(client.result(new Request.TpcAbort(1L)));
    assertEquals(0, server.storage.meters.abortCount());
  }

  @Test
  void anOpenTransactionIsAbortedWithoutAskingAnybody() throws IOException {
    server.storage.answers = what -> null;
    client.send(begin(1));
    client.send(store(5, 10, 1));

    assertNull(client.result(new Request.TpcAbort(1L)));
    assertEquals(1, server.storage.meters.abortCount());
  }

  @Test
  void aVotedTransactionIsAbortedByTheRaid() throws Exception {
    client.send(begin(1));
    client.result(new Request.Vote(1L));
    server.storage.letWait(ClientRequest.Abort.class);
    long abort = client.send(new Request.TpcAbort(1L));
    answer(server.storage.unanswered.take(), new ClientReply.Done());

    assertNull(client.result(abort));
    assertEquals(0, server.storage.held.size());
    client.send(begin(2));
    client.result(new Request.Vote(2L));
  }

  @Test
  void abortingAfterTheFinishClosesTheConnection() throws Exception {
    server.storage.letWait(ClientRequest.Finish.class);
    client.send(begin(1));
    client.result(new Request.Vote(1L));
    client.send(new Request.TpcFinish(1L));
    client.send(new Request.TpcAbort(1L));

    assertEquals(0, client.awaitClose());
  }

  @Test
  void aVoteThatFailsEndsTheTransaction() throws IOException {
    server.storage.answers =
        what ->
            what instanceof ClientRequest.Vote
                ? new ClientReply.Failed(Errors.storageTransaction("no backend"))
                : FakeStorage.answer(what);
    client.send(begin(1));
    assertEquals(Errors.storageTransaction("no backend"), client.error(new Request.Vote(1L)));
    assertNull(client.result(new Request.TpcAbort(1L)));
    assertEquals(0, server.storage.held.size());

    client.send(begin(2));
    assertEquals(Errors.storageTransaction("no backend"), client.error(new Request.Vote(2L)));
  }

  @Test
  void anotherCallThatFailsMeanwhileDoesNotEndTheTransaction() throws IOException {
    client.send(begin(1));
    client.result(new Request.Vote(1L));
    server.storage.answers =
        what ->
            what instanceof ClientRequest.NewOids
                ? new ClientReply.Failed(Errors.storage("no oids"))
                : FakeStorage.answer(what);
    client.error(new Request.NewOids(1));

    assertEquals(FakeStorage.LAST.next(), client.tid(new Request.TpcFinish(1L)));
  }

  @Test
  void aBlobInASharedDirectoryIsRefusedAtTheVote() throws IOException {
    client.send(begin(1));
    client.send(new Request.StoreBlobShared(new Oid(5), Tid.NONE, new byte[1], "a.tmp", 1L));
    client.send(store(5, 10, 1));

    String why = Errors.describe(client.error(new Request.Vote(1L)));
    assertTrue(why.contains("shared-blob-dir"), why);
    assertNull(client.result(new Request.TpcAbort(1L)));
  }

  @Test
  void aBlobInASharedDirectoryIsRemovedWhenTheClientLeaves(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve(".layout"), "lawn");
    Path file = Files.createDirectory(folder.resolve("0x05")).resolve("a.tmp-");
    Files.writeString(file, "content");
    server.storage.shared = Optional.of(new SharedDirectory(folder));
    server.storage.letWait(ClientRequest.Vote.class);
    client.send(begin(1));
    client.send(new Request.StoreBlobShared(new Oid(5), Tid.NONE, new byte[1], "a.tmp-", 1L));
    client.send(new Request.Vote(1L));
    server.storage.unanswered.take();
    assertTrue(Files.exists(file));

    client.close();
    server.storage.left.take();
    server.onLoop(() -> true);
    assertFalse(Files.exists(file));
  }

  @Test
  void isToldTheSizesOfTheStorageBeforeTheAnswerToItsCommit() throws IOException {
    client.send(begin(1));
    client.send(store(5, 10, 1));
    client.result(new Request.Vote(1L));
    client.send(new Request.TpcFinish(1L));

    ServerMessage.Info told = assertInstanceOf(ServerMessage.Info.class, client.read());
    assertEquals(Map.of("length", 3L, "size", 300L), told.info());
    assertInstanceOf(ServerMessage.Reply.class, client.read());
  }

  @Test
  void restoresUndoesAndDeletesUnderTheTidThatItGave() throws Exception {
    server.storage.letWait(ClientRequest.Vote.class);
    Tid given = new Tid(0x500);
    client.send(new Request.TpcBegin(1L, "", "", new byte[0], given, "p"));
    client.send(new Request.Restore(new Oid(5), given, new byte[10], null, 1L));
    client.send(new Request.DeleteObject(new Oid(6), Tid.NONE, 1L));
    client.send(new Request.Undo("AAAAAAAAAAM=".getBytes(), 1L));
    long vote = client.send(new Request.Vote(1L));

    FakeStorage.Asked asked = server.storage.unanswered.take();
    ClientRequest.Vote wanted = assertInstanceOf(ClientRequest.Vote.class, asked.what());
    assertEquals(List.of(new Oid(5), new Oid(6)), wanted.transaction().oids());
    assertEquals(given, wanted.transaction().given());
    answer(asked, new ClientReply.Voted(given, List.of(new Oid(7), new Oid(7))));
    assertEquals(List.of(new Oid(7), new Oid(7)), Results.oids(client.result(vote)));
  }

  @Test
  void whatCannotBeRestoredIsToldAtTheVote() throws IOException {
    client.send(begin(1));
    client.send(new Request.Restore(new Oid(5), new Tid(3), new byte[10], null, 1L));

    assertEquals(
        Errors.storageTransaction(
            "a revision of 0000000000000003 can't be restored in a transaction that was begun"
                + " without a tid"),
        client.error(new Request.Vote(1L)));
  }

  @Test
  void aTransactionThatIsTooLargeIsToldAtTheVote() throws IOException {
    client.send(begin(1));
    for (int i = 0; i < 3; i++) {
      client.send(store(i, 1_000_000, 1));
    }

    assertEquals(
        Errors.storageTransaction(
            "the transaction is larger than 2097152 bytes (max-transaction-size);"
                + " commit in smaller steps"),
        client.error(new Request.Vote(1L)));
  }

  @Test
  void aReadOnlyClientLearnsAtTheVoteThatItMayNotWrite() throws IOException {
    try (RawClient reader = RawClient.registered(server.port, true)) {
      reader.send(begin(1));
      reader.send(store(5, 10, 1));

      assertEquals(Errors.readOnly(), reader.error(new Request.Vote(1L)));
    }
  }

  @Test
  void aClientThatLeavesGivesItsTransactionBack() throws Exception {
    server.storage.letWait(ClientRequest.Vote.class);
    client.send(begin(1));
    client.send(store(5, 10, 1));
    client.send(new Request.Vote(1L));
    FakeStorage.Asked asked = server.storage.unanswered.take();
    client.close();

    assertEquals(asked.session(), server.storage.left.take());
    // Behind the turn of the loop in which it left.
    assertTrue(server.onLoop(server.storage.held::isEmpty));
  }

  private void answer(FakeStorage.Asked asked, ClientReply reply) {
    server.onLoop(() -> {
      asked.session().answered(asked.request(), reply);
      return true;
    });
  }

  private static Request begin(long id) {
    return new Request.TpcBegin(id, new byte[0], new byte[0], new byte[0], null, " ");
  }

  private static Request store(long oid, int size, long transaction) {
    return new Request.Store(new Oid(oid), Tid.NONE, new byte[size], transaction);
  }
}
