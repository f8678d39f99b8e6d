package io.zeoraid.protocol;

/** How the messages of a connection are serialised; the first letter of the handshake. */
public enum Encoding {
  /** Pickle, protocol 3: {@code Z5}. */
  PICKLE('Z'),
  /** Msgpack: {@code M5}. */
  MSGPACK('M');

  private final char letter;

  Encoding(char letter) {
    this.letter = letter;
  }

  /** The letter that stands for this encoding in a handshake. */
  public char letter() {
    return letter;
  }
}
