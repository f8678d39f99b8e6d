package io.zeoraid.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Opens configuration files, within bounds: each at most 1 MiB, all together at most 4 MiB in at
 * most 64 files, included at most 8 deep, never a file within itself.
 */
final class SourceFiles {

  static final int MAX_FILE_BYTES = 1024 * 1024;
  static final int MAX_TOTAL_BYTES = 4 * MAX_FILE_BYTES;
  static final int MAX_FILES = 64;
  static final int MAX_INCLUDE_DEPTH = 8;

  /** What came of opening a file. */
  sealed interface Opened {

    /** The text; {@link #close} the file when done with it. */
    record Text(Source source, String text) implements Opened {}

    /**
     * It can't be used.
     *
     * @param line of that file; 0 if the file as a whole is meant
     */
    record Failed(Source source, int line, String message) implements Opened {}
  }

  private final Deque<Path> open = new ArrayDeque<>();
  private int files;
  private int totalBytes;

  /** A text instead of a file, read from the given directory. */
  Source text(Path directory) {
    return new Source("<text>", directory, files++);
  }

  /** Reads a file whose name has been joined to whatever it is relative to. */
  Opened open(Path file) {
    Path parent = file.getParent();
    Source source = new Source(file.toString(), parent == null ? Path.of("") : parent, files++);
    if (files > MAX_FILES) {
      return new Opened.Failed(
          source, 0, "is one file too many: at most " + MAX_FILES + " are read");
    }
    try {
      Path real = file.toRealPath();
      if (open.contains(real)) {
        return new Opened.Failed(source, 0, "includes itself");
      }
      if (open.size() > MAX_INCLUDE_DEPTH) {
        return new Opened.Failed(
            source, 0, "is included more than " + MAX_INCLUDE_DEPTH + " levels deep");
      }
      if (Files.isDirectory(real)) {
        return new Opened.Failed(source, 0, "is a directory");
      }
      Opened opened = decode(source, bytes(real));
      if (opened instanceof Opened.Text) {
        open.push(real);
      }
      return opened;
    } catch (NoSuchFileException e) {
      return new Opened.Failed(source, 0, "does not exist");
    } catch (AccessDeniedException e) {
      return new Opened.Failed(source, 0, "may not be read: permission denied");
    } catch (IOException e) {
      return new Opened.Failed(source, 0, "cannot be read: " + e);
    }
  }

  /** Done with the file opened last. */
  void close() {
    open.pop();
  }

  private static byte[] bytes(Path real) throws IOException {
    try (InputStream in = Files.newInputStream(real)) {
      return in.readNBytes(MAX_FILE_BYTES + 1);
    }
  }

  private Opened decode(Source source, byte[] bytes) {
    if (bytes.length > MAX_FILE_BYTES) {
      return new Opened.Failed(
          source, 0, "is larger than " + MAX_FILE_BYTES + " bytes, too much for a configuration");
    }
    totalBytes += bytes.length;
    if (totalBytes > MAX_TOTAL_BYTES) {
      return new Opened.Failed(
          source,
          0,
          "is one too many: all files together are larger than " + MAX_TOTAL_BYTES + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(in, out, true);
    if (result.isError()) {
      return new Opened.Failed(source, lineOf(bytes, in.position()), "this line is not UTF-8 text");
    }
    return new Opened.Text(source, out.flip().toString());
  }

  private static int lineOf(byte[] bytes, int position) {
    int line = 1;
    for (int i = 0; i < position; i++) {
      if (bytes[i] == '\n') {
        line++;
      }
    }
    return line;
  }
}
