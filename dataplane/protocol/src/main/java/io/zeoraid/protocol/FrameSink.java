package io.zeoraid.protocol;

/**
 * Takes in an encoded frame piece by piece, so that it can go where it is needed without an array
 * of its own in between.
 */
public interface FrameSink {

  /**
   * A frame of this size follows. Nothing can fail from here on.
   *
   * @param bytes all of it, its length included
   */
  void begin(int bytes);

  /** The next piece of it; the array is not to be kept. */
  void put(byte[] bytes, int offset, int length);
}
