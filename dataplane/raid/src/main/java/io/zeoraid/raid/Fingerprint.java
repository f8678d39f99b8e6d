package io.zeoraid.raid;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A digest of what a backend holds, to be compared with another backend's. */
final class Fingerprint {
  private final MessageDigest digest = sha256();

  void number(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** A record's data; null if the object was deleted, or its creation undone. */
  void data(byte @Nullable [] data) {
    number(data == null ? -1 : data.length);
    if (data != null) {
      digest.update(data);
    }
  }

  /**
   * Metadata. Text and bytes count alike: which of them arrives depends on the encoding of the
   * connection.
   */
  void plain(@Nullable Object value) {
    byte[] bytes =
        switch (value) {
          case null -> new byte[0];
          case byte[] raw -> raw;
          default -> text(value).getBytes(StandardCharsets.ISO_8859_1);
        };
    number(bytes.length);
    digest.update(bytes);
  }

  /** By content at any depth: an array within a value has no text of its own. A char is a byte. */
  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case byte[] raw -> new String(raw, StandardCharsets.ISO_8859_1);
      case String string ->
          new String(string.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      case Map<?, ?> map -> {
        SortedMap<String, String> sorted = new TreeMap<>();
        map.forEach((k, v) -> sorted.put(text(k), text(v)));
        yield sorted.toString();
      }
      case List<?> list -> list.stream().map(Fingerprint::text).toList().toString();
      case Object[] array -> Arrays.stream(array).map(Fingerprint::text).toList().toString();
      default -> value.toString();
    };
  }

  /** The digest of all that was given; begins anew. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
