package io.zeoraid.server.transaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Oid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
final class SharedDirectoryTest {
  private static final Oid OID = new Oid(0x0123);
  private static final String NAME = "0x040d341d677e9b66l1dcap9o.tmp-";

  @TempDir private Path folder;
  private Path root;
  private Path objects;
  private SharedDirectory shared;

  @BeforeEach
  void share() throws IOException {
    root = Files.createDirectory(folder.resolve("blobs"));
    Files.writeString(root.resolve(".layout"), "bushy\n");
    objects = root.resolve("0x00/0x00/0x00/0x00/0x00/0x00/0x01/0x23");
    Files.createDirectories(objects);
    shared = new SharedDirectory(root);
  }

  @Test
  void findsAndReadsWhatAClientHasLeft() throws IOException {
    Files.writeString(objects.resolve(NAME), "content");

    SharedDirectory.Version found = shared.look(OID, NAME);
    assertEquals(7, found.length());
    ByteBuffer content = ByteBuffer.allocate(10);
    try (SeekableByteChannel file = shared.open(OID, NAME, found)) {
      assertEquals(7, file.read(content));
    }
    shared.remove(OID, NAME);
    assertFalse(Files.exists(objects.resolve(NAME)));
  }

  /** As {@code ZODB/blob.py} names them: oid_to_path of both layouts. */
  @Test
  void namesDirectoriesAsZodbDoes() throws IOException {
    assertEquals(
        List.of("0x01", "0x23", "0x45", "0x67", "0x89", "0xab", "0xcd", "0xef"),
        SharedDirectory.names(new Oid(0x0123456789abcdefL), "bushy"));
    assertEquals(List.of("0x00"), SharedDirectory.names(new Oid(0), "lawn"));
    assertEquals(List.of("0x0123"), SharedDirectory.names(OID, "lawn"));
    assertEquals(
        List.of("0xfedcba9876543210"), SharedDirectory.names(new Oid(0xfedcba9876543210L), "lawn"));
  }

  @Test
  void readsALawnAsWell() throws IOException {
    Files.writeString(root.resolve(".layout"), "lawn");
    Files.writeString(Files.createDirectory(root.resolve("0x0123")).resolve(NAME), "four");

    assertEquals(4, shared.look(OID, NAME).length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".tmp",
        "../a.tmp",
        "../../0x01/0x23/a.tmp-",
        "a/b.tmp",
        "/etc/passwd",
        "a.tmp/",
        "a\0.tmp",
        "a.tmp\n",
        "a.tmpxy",
        "a.tmp/-",
        "a.blob",
        "0x040d341d677e9b66.blob",
        ".layout",
        "\u00e4.tmp"
      })
  void takesNoOtherNames(String name) throws IOException {
    Files.writeString(objects.resolve("a.tmp"), "");

    IOException refusal = assertThrows(IOException.class, () -> shared.look(OID, name));
    assertTrue(String.valueOf(refusal.getMessage()).contains("ends with .tmp-"));
    assertThrows(IOException.class, () -> shared.remove(OID, name));
    assertTrue(Files.exists(objects.resolve("a.tmp")));
  }

  /** A client puts what it has for a serial into the name: Python's text of it, if it is no tid. */
  @ParameterizedTest
  @ValueSource(strings = {"a.tmp", "a.tmpx", "'\\x00'a_b.tmp-", ".a.tmp", "..a.tmp-"})
  void takesWhatAStockServerTakes(String name) throws IOException {
    Files.writeString(objects.resolve(name), "four");

    assertEquals(4, shared.look(OID, name).length());
  }

  @Test
  void takesNoLongNames() {
    assertThrows(IOException.class, () -> shared.look(OID, "a".repeat(300) + ".tmp"));
  }

  @Test
  void followsNoLinkToAFile() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "secret");
    Files.createSymbolicLink(objects.resolve(NAME), secret);

    require("is not a regular file");
  }

  @Test
  void followsNoLinkToADirectory() throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve(NAME), "secret");
    Files.delete(objects);
    Files.createSymbolicLink(objects, elsewhere);

    require("0x23");
    assertThrows(IOException.class, () -> shared.remove(OID, NAME));
    assertTrue(Files.exists(elsewhere.resolve(NAME)));
  }

  @Test
  void takesNothingButRegularFiles() throws Exception {
    Files.createDirectory(objects.resolve(NAME));
    require("is not a regular file");

    Files.delete(objects.resolve(NAME));
    makePipe(objects.resolve(NAME));
    require("is not a regular file");
  }

  @Test
  void takesNoLayoutButFromARegularFile() throws Exception {
    Files.writeString(objects.resolve(NAME), "content");
    Files.delete(root.resolve(".layout"));
    makePipe(root.resolve(".layout"));

    require(".layout is not a regular file");
  }

  private static void makePipe(Path path) throws Exception {
    assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    require("there is no " + NAME);
    Files.delete(objects);
    require("there is no 0x23");
    Files.delete(root.resolve(".layout"));
    require("it is not the blob-dir of a backend");
    Files.writeString(root.resolve(".layout"), "meadow");
    require("neither bushy nor lawn");
    shared = new SharedDirectory(folder.resolve("nowhere"));
    require("there is no " + folder.resolve("nowhere"));
  }

  @Test
  void noticesThatAFileIsAnotherOne() throws IOException {
    Files.writeString(objects.resolve(NAME), "content");
    SharedDirectory.Version found = shared.look(OID, NAME);
    Files.writeString(objects.resolve(NAME), "longer content");

    IOException refusal =
        assertThrows(IOException.class, () -> shared.open(OID, NAME, found).close());
    assertTrue(String.valueOf(refusal.getMessage()).contains("was changed"));
  }

  private void require(String words) {
    IOException refusal = assertThrows(IOException.class, () -> shared.look(OID, NAME));
    assertTrue(String.valueOf(refusal.getMessage()).contains(words), refusal.getMessage());
  }
}
