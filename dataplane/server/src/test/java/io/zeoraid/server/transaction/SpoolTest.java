package io.zeoraid.server.transaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpoolTest {
  @TempDir private Path directory;

  @Test
  void anEmptyOneHasNoOperations() throws IOException {
    try (Spool spool = new Spool(directory, 1)) {
      Iterator<Request> operations = spool.operations();

      assertFalse(operations.hasNext());
      assertThrows(NoSuchElementException.class, operations::next);
    }
  }

  @Test
  void aReaderSeesWhatWasThereWhenItReads() throws IOException {
    try (Spool spool = new Spool(directory, 1)) {
      spool.add(new Request.Store(new Oid(1), Tid.NONE, new byte[5], 1L));
      assertEquals(1, count(spool.operations()));
      spool.add(new Request.CheckCurrentSerial(new Oid(1), Tid.NONE, 1L));
      assertEquals(2, count(spool.operations()));
    }
  }

  @Test
  void takesNothingButOperations() throws IOException {
    try (Spool spool = new Spool(directory, 1)) {
      assertThrows(IllegalArgumentException.class, () -> spool.add(new Request.Vote(1L)));
    }
  }

  @Test
  void nothingIsLeftOfTheFile() throws IOException {
    new Spool(directory, 1).close();

    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aFileThatCannotBeOpenedIsNotLeft() throws IOException {
    Path notToBeOpened = Files.createDirectory(directory.resolve("x"));

    assertThrows(IOException.class, () -> Spool.open(notToBeOpened));

    assertFalse(Files.exists(notToBeOpened));
  }

  private static int count(Iterator<Request> operations) {
    int count = 0;
    while (operations.hasNext()) {
      operations.next();
      count++;
    }
    return count;
  }
}
