package io.zeoraid.server.transaction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blobs that a client hands over by name, in its transaction. */
final class SharedBlobsTest {
  private static final long ID = 7;
  private static final Oid OID = new Oid(0x12);
  private static final Codec PICKLE = Codec.of(Encoding.PICKLE, Limits.DEFAULT);
  private static final byte[] RECORD = {1, 2, 3};

  @TempDir private Path folder;
  private Path file;
  private SharedDirectory shared;

  @BeforeEach
  void share() throws IOException {
    Files.writeString(folder.resolve(".layout"), "lawn");
    file = Files.createDirectory(folder.resolve("0x12")).resolve("a.tmp-");
    shared = new SharedDirectory(folder);
  }

  @Test
  void isSentLikeABlobOfAnyOtherClient() throws IOException {
    byte[] content = new byte[130_000];
    Arrays.fill(content, 59_000, 118_000, (byte) 1);
    Files.write(file, content);
    try (TransactionBuffer buffer = buffer(1 << 20)) {
      buffer.store(new Request.Store(OID, Tid.NONE, RECORD, 99L));
      buffer.storeBlobShared(blob("a.tmp-"), shared);
      buffer.complete();

      assertEquals("", buffer.doom());
      assertEquals(List.of(OID), buffer.summary().oids());
      assertTrue(buffer.summary().bytes() > content.length);
      List<byte[]> expected =
          List.of(
              PICKLE.encodeCall(0, new Request.Store(OID, Tid.NONE, RECORD, ID)),
              PICKLE.encodeCall(0, new Request.StoreBlobStart()),
              PICKLE.encodeCall(0, new Request.StoreBlobChunk(Arrays.copyOf(content, 59_000))),
              PICKLE.encodeCall(
                  0, new Request.StoreBlobChunk(Arrays.copyOfRange(content, 59_000, 118_000))),
              PICKLE.encodeCall(0, new Request.StoreBlobChunk(new byte[12_000])),
              PICKLE.encodeCall(0, new Request.StoreBlobEnd(OID, Tid.NONE, RECORD, ID)));
      for (int backend = 0; backend < 2; backend++) {
        List<byte[]> frames = new ArrayList<>();
        buffer.frames(PICKLE).forEachRemaining(frames::add);
        assertEquals(expected.size(), frames.size());
        for (int i = 0; i < frames.size(); i++) {
          assertArrayEquals(expected.get(i), frames.get(i), "frame " + i);
        }
      }
    }
    assertFalse(Files.exists(file));
  }

  @Test
  void anEmptyOneHasNoChunks() throws IOException {
    Files.createFile(file);
    try (TransactionBuffer buffer = buffer(1 << 20)) {
      buffer.storeBlobShared(blob("a.tmp-"), shared);
      Operations frames = buffer.frames(PICKLE);
      frames.next();
      assertNotNull(frames.endOfBlob());
      frames.next();
      assertNull(frames.endOfBlob());
      assertFalse(frames.hasNext());
    }
  }

  @Test
  void isRemovedAlsoIfTheTransactionWasDoomed() throws IOException {
    Files.writeString(file, "content");
    try (TransactionBuffer buffer = buffer(1 << 20)) {
      buffer.doom("for a reason");
      buffer.storeBlobShared(blob("a.tmp-"), shared);
      assertEquals("for a reason", buffer.doom());
      assertTrue(Files.exists(file));
    }
    assertFalse(Files.exists(file));
  }

  @Test
  void countsTowardsTheSizeOfItsTransaction() throws IOException {
    Files.write(file, new byte[2000]);
    try (TransactionBuffer buffer = buffer(1000)) {
      buffer.storeBlobShared(blob("a.tmp-"), shared);
      assertTrue(buffer.doom().contains("max-transaction-size"), buffer.doom());
    }
    assertFalse(Files.exists(file));
  }

  @Test
  void whatCannotBeTakenDoomsTheTransactionInWords() throws IOException {
    Path bystander = Files.writeString(folder.resolve("b.tmp"), "content");
    try (TransactionBuffer missing = buffer(1 << 20);
        TransactionBuffer outside = buffer(1 << 20)) {
      missing.storeBlobShared(blob("a.tmp-"), shared);
      assertTrue(missing.doom().contains("there is no a.tmp-"), missing.doom());
      assertTrue(missing.doom().contains(folder + " (blob-dir)"), missing.doom());
      outside.storeBlobShared(blob("../b.tmp"), shared);
      assertTrue(outside.doom().contains("ends with .tmp-"), outside.doom());
    }
    assertTrue(Files.exists(bystander));
  }

  @Test
  void isNoPartOfAnotherBlob() throws IOException {
    Files.writeString(file, "content");
    try (TransactionBuffer buffer = buffer(1 << 20)) {
      buffer.startBlob(new Request.StoreBlobStart());
      buffer.storeBlobShared(blob("a.tmp-"), shared);
      assertTrue(buffer.doom().contains("before the one before it had ended"), buffer.doom());
    }
  }

  @Test
  void oneThatIsChangedWhileItIsSentIsNotSentToItsEnd() throws IOException {
    Files.write(file, new byte[100_000]);
    try (TransactionBuffer buffer = buffer(1 << 20)) {
      buffer.storeBlobShared(blob("a.tmp-"), shared);
      Operations frames = buffer.frames(PICKLE);
      frames.next();
      frames.next();
      Files.write(file, new byte[100_001]);
      frames.next();

      assertThrows(UncheckedIOException.class, frames::next);
      assertNotNull(frames.endOfBlob());
      assertThrows(UncheckedIOException.class, () -> buffer.frames(PICKLE).next());
    }
  }

  @Test
  void isNotReadOnAfterTheEndOfItsTransaction() throws IOException {
    Files.write(file, new byte[100_000]);
    TransactionBuffer buffer = buffer(1 << 20);
    buffer.storeBlobShared(blob("a.tmp-"), shared);
    Operations frames = buffer.frames(PICKLE);
    frames.next();
    buffer.close();

    assertThrows(UncheckedIOException.class, frames::next);
  }

  private TransactionBuffer buffer(long maxBytes) {
    return new TransactionBuffer(
        ID,
        new Request.TpcBegin(99L, new byte[0], new byte[0], new byte[0], null, " "),
        new TransactionBuffer.Limits(1 << 20, maxBytes, folder));
  }

  private static Request.StoreBlobShared blob(String name) {
    return new Request.StoreBlobShared(OID, Tid.NONE, RECORD, name, 99L);
  }
}
