package io.zeoraid.protocol;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Recorded frames with damage: whatever comes, only {@link ProtocolException} goes out, soon, and
 * for little memory.
 */
class MutationFuzzTest {
  private static final int MUTANTS = 20_000;
  private static final byte[] NASTY =
      HexFormat.of()
          .parseHex("00ff7f80017e288527292e5d7d6f52815262636971686a728a8b8e95c1c6c9dbdddf91");

  @ParameterizedTest
  @EnumSource
  void damagedFramesDoNoHarm(Encoding encoding) {
    List<byte[]> originals =
        Golden.messages(encoding).stream()
            .map(Golden.Frame::body)
            .filter(body -> body.length < 3000)
            .toList();
    Codec codec = Codec.of(encoding, Limits.DEFAULT);
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          int refused = 0;
          for (int seed = 0; seed < MUTANTS; seed++) {
            var random = new SplittableRandom(seed);
            byte[] mutant = mutate(originals.get(random.nextInt(originals.size())), random);
            String what = "mutant " + seed + ": " + HexFormat.of().formatHex(mutant);
            boolean[] fine = new boolean[1];
            // A frame of plain data needs at most about 100 bytes of memory for each of its own.
            Allocation.assertAtMost(
                100_000 + 400L * mutant.length, what, () -> fine[0] = decode(codec, mutant, what));
            if (!fine[0]) {
              refused++;
            }
          }
          assertTrue(refused > MUTANTS / 4, "only " + refused + " were refused");
          assertTrue(refused < MUTANTS, "all were refused");
        });
  }

  /** Whether it was understood from either side. */
  private static boolean decode(Codec codec, byte[] mutant, String what) {
    boolean understood = false;
    try {
      Call call = codec.decodeCall(ByteBuffer.wrap(mutant));
      understood = true;
      if (call != null
          && !(call.request() instanceof Request.Unknown)
          && !(call.request() instanceof Request.Refused)) {
        codec.encodeCall(call.id(), call.request());
      }
    } catch (ProtocolException e) {
      assertTrue(String.valueOf(e.getMessage()).length() < 600, what);
    } catch (RuntimeException e) {
      throw new AssertionError(what, e);
    }
    try {
      ServerMessage message = codec.decodeServerMessage(ByteBuffer.wrap(mutant));
      understood = true;
      switch (message) {
        case ServerMessage.Reply reply -> codec.encodeReply(reply.id(), reply.value());
        case ServerMessage.Failure failure -> {
          codec.encodeFailure(failure.id(), failure.error());
          Errors.describe(failure.error());
        }
        default -> codec.encodeAsync(message);
      }
    } catch (ProtocolException e) {
      assertTrue(String.valueOf(e.getMessage()).length() < 600, what);
    } catch (RuntimeException e) {
      throw new AssertionError(what, e);
    }
    return understood;
  }

  private static byte[] mutate(byte[] original, SplittableRandom random) {
    byte[] mutant = original.clone();
    for (int n = random.nextInt(3); n >= 0; n--) {
      int at = random.nextInt(mutant.length);
      switch (random.nextInt(7)) {
        case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutant[at] = (byte) random.nextInt(256);
        case 2 -> mutant[at] = NASTY[random.nextInt(NASTY.length)];
        case 3 -> mutant = splice(mutant, at, at, new byte[] {NASTY[random.nextInt(NASTY.length)]});
        case 4 ->
            mutant =
                splice(
                    mutant, at, Math.min(mutant.length, at + 1 + random.nextInt(4)), new byte[0]);
        case 5 -> {
          int to = Math.min(mutant.length, at + 1 + random.nextInt(20));
          byte[] piece = Arrays.copyOfRange(mutant, at, to);
          int where = random.nextInt(mutant.length);
          mutant = splice(mutant, where, where, piece);
        }
        default -> mutant = Arrays.copyOf(mutant, at + 1);
      }
      if (mutant.length == 0) {
        return mutant;
      }
    }
    return mutant;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] piece) {
    return ByteBuffer.allocate(bytes.length - (to - from) + piece.length)
        .put(bytes, 0, from)
        .put(piece)
        .put(bytes, to, bytes.length - to)
        .array();
  }
}
