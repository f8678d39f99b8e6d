package io.zeoraid.protocol;

/**
 * Makes msgpack-core work without {@code sun.misc.Unsafe}.
 *
 * <p>By default its {@code MessageBuffer} reads and writes memory with Unsafe, about which JDK 24
 * and later warn on standard error at the first use, and which a later JDK will refuse. The
 * library's own way out is the system property {@code msgpack.universal-buffer}, read once when
 * {@code MessageBuffer} is loaded; it then uses {@code ByteBuffer}. There is no other switch, so it
 * is set here, before that class is loaded, unless somebody set it already. Whoever sets it to
 * {@code false} gets the warnings, some 50 ns less per message, and no direct buffers, whose
 * address the library cannot find on JDK 25.
 *
 * <p>In a native image all of this happens at run time, and the class that the library then looks
 * up by name is registered: both stand in {@code META-INF/native-image}.
 */
final class MsgpackBuffers {
  private static final String UNIVERSAL = "msgpack.universal-buffer";

  static {
    if (System.getProperty(UNIVERSAL) == null) {
      System.setProperty(UNIVERSAL, "true");
    }
  }

  private MsgpackBuffers() {}

  /** Comes before the first use of {@code org.msgpack}. */
  static void init() {
    // The static initialiser does it.
  }
}
