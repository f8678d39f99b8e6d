package io.zeoraid.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file with the process id ({@code pid-filename}), as long as the server runs. */
final class PidFile implements AutoCloseable {
  private final Path file;

  private PidFile(Path file) {
    this.file = file;
  }

  /**
   * Writes the file, over an old one.
   *
   * @throws IOException if that can't be done; the message is for people
   */
  static PidFile write(Path file) throws IOException {
    try {
      Files.writeString(file, ProcessHandle.current().pid() + "\n");
    } catch (IOException e) {
      throw new IOException(
          "the process id can't be written to " + file + " (pid-filename): " + e, e);
    }
    return new PidFile(file);
  }

  /** Deletes the file; one that is gone already, or can't be deleted, does not matter. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It names a process that has ended, which whoever reads it finds out.
    }
  }
}
