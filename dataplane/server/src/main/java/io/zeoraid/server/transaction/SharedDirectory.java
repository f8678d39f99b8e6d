package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Oid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The blob directory of a backend, as this server has it mounted: clients that share it leave there
 * the blobs that they want to store ({@code ZEO/ClientStorage.py}, storeBlob), in the directory of
 * the object ({@code ZODB/blob.py}, FilesystemHelper and LAYOUTS).
 *
 * <p>The client names only the object and a file of a strict form, and no symbolic link below the
 * directory is followed: nothing else can be reached. Each look at a file begins at the directory,
 * so that no file is kept open. Confined to the event loop.
 */
public final class SharedDirectory {
  /**
   * What a stock server takes ({@code ZEO/StorageServer.py}, storeBlobShared), in printable ASCII:
   * a name without a separator that ends with {@code .tmp}, or that and one character.
   */
  private static final Pattern NAME = Pattern.compile("[ -.0-~]{1,240}\\.tmp[ -.0-~]?");

  private static final Path LAYOUT = Path.of(".layout");
  private static final int LAYOUT_BYTES = 100;
  private static final Set<OpenOption> READ =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  private final Path root;

  /**
   * A file as it was found; if it is another one later, it was changed.
   *
   * @param length in bytes
   */
  record Version(long length, FileTime modified) {}

  /**
   * @param root need not be there yet
   */
  public SharedDirectory(Path root) {
    this.root = root;
  }

  /**
   * Looks at a file that a client has left for an object.
   *
   * @throws IOException if the name is none for such a file, or there is no such file; in words
   */
  Version look(Oid oid, String name) throws IOException {
    Path file = checked(name);
    try (SecureDirectoryStream<Path> directory = directoryOf(oid)) {
      return version(directory, file);
    } catch (IOException e) {
      throw inWords(e);
    }
  }

  /**
   * Opens such a file.
   *
   * @throws IOException as {@link #look}; also if it is not as it was found
   */
  SeekableByteChannel open(Oid oid, String name, Version found) throws IOException {
    Path file = checked(name);
    try (SecureDirectoryStream<Path> directory = directoryOf(oid)) {
      // Before it is opened: to open a named pipe would block.
      if (!version(directory, file).equals(found)) {
        throw changed(name);
      }
      return directory.newByteChannel(file, READ);
    } catch (IOException e) {
      throw inWords(e);
    }
  }

  /**
   * Removes such a file.
   *
   * @throws IOException as {@link #look}
   */
  void remove(Oid oid, String name) throws IOException {
    Path file = checked(name);
    try (SecureDirectoryStream<Path> directory = directoryOf(oid)) {
      directory.deleteFile(file);
    } catch (IOException e) {
      throw inWords(e);
    }
  }

  IOException changed(String name) {
    return new IOException(name + " was changed while it was being stored");
  }

  private static Path checked(String name) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new IOException("a file that is to become a blob has a name that ends with .tmp-");
    }
    return Path.of(name);
  }

  private static Version version(SecureDirectoryStream<Path> directory, Path file)
      throws IOException {
    BasicFileAttributes attributes =
        directory
            .getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes();
    if (!attributes.isRegularFile()) {
      throw new IOException(file + " is not a regular file");
    }
    return new Version(attributes.size(), attributes.lastModifiedTime());
  }

  private SecureDirectoryStream<Path> directoryOf(Oid oid) throws IOException {
    SecureDirectoryStream<Path> here = secure(Files.newDirectoryStream(root));
    try {
      for (String name : names(oid, layout(here))) {
        SecureDirectoryStream<Path> next =
            here.newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS);
        here.close();
        here = next;
      }
      return here;
    } catch (IOException e) {
      here.close();
      throw e;
    }
  }

  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream)
      throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    stream.close();
    throw new IOException("this operating system can't open files safely");
  }

  /** Read each time, for the volume may have been mounted, or exchanged, meanwhile. */
  private String layout(SecureDirectoryStream<Path> top) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(LAYOUT_BYTES);
    try {
      version(top, LAYOUT);
      try (SeekableByteChannel file = top.newByteChannel(LAYOUT, READ)) {
        file.read(text);
      }
    } catch (NoSuchFileException e) {
      throw new IOException("it has no file .layout, so it is not the blob-dir of a backend");
    }
    return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
  }

  /** The directories in which the files of an object are, from the top. */
  static List<String> names(Oid oid, String layout) throws IOException {
    HexFormat hex = HexFormat.of();
    return switch (layout) {
      case "bushy" -> {
        List<String> names = new ArrayList<>();
        for (byte each : oid.toBytes()) {
          names.add("0x" + hex.toHexDigits(each));
        }
        yield names;
      }
      case "lawn" -> {
        String digits = Long.toHexString(oid.value());
        yield List.of((digits.length() % 2 == 0 ? "0x" : "0x0") + digits);
      }
      default -> throw new IOException("its layout is neither bushy nor lawn");
    };
  }

  private static IOException inWords(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> new IOException("there is no " + missing.getFile(), e);
      case AccessDeniedException denied ->
          new IOException(
              "this server may not use " + denied.getFile() + ": it must run as the clients' user",
              e);
      case NotDirectoryException link ->
          new IOException(link.getFile() + " is not a directory, or a symbolic link", e);
      case FileSystemLoopException loop -> new IOException(loop.getFile() + " is a link", e);
      case FileSystemException other when other.getReason() != null ->
          new IOException(other.getFile() + ": " + other.getReason(), e);
      default -> e;
    };
  }

  /** For messages. */
  @Override
  public String toString() {
    return root.toString();
  }
}
