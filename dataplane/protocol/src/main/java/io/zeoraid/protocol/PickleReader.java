package io.zeoraid.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one pickle of protocol 0 to 4 into plain data. Accepts the opcodes that a correct unpickler
 * accepts, but makes nothing but data: no class is looked up, no callable called. The few globals
 * that ZEO's messages need are {@link PickleGlobals}.
 *
 * <p>Source: {@code zodbpickle/pickle_3.py}, which names and documents the opcodes, and {@code
 * pickletools.py}. Confined to the thread that made it; reads one message.
 */
final class PickleReader {
  private static final int HIGHEST_PROTOCOL = 4;

  /** Each one walks the memo. An undo specification has one. */
  private static final int MAX_BUILDS = 64;

  private final PickleInput in;
  private final Limits limits;
  private final PickleGlobals globals;

  private @Nullable Object[] stack = new @Nullable Object[16];
  private int top;
  private int[] marks = new int[4];
  private int markCount;
  private @Nullable Map<Integer, @Nullable Object> memo;
  private int pushes;
  private int builds;

  /**
   * A reader of one message.
   *
   * @param fromServer whether a server wrote it: only servers send exceptions
   */
  PickleReader(ByteBuffer body, Limits limits, boolean fromServer) {
    this.in = new PickleInput(body.duplicate().order(ByteOrder.LITTLE_ENDIAN), limits);
    this.limits = limits;
    this.globals = fromServer ? PickleGlobals.OF_A_SERVER : PickleGlobals.OF_A_CLIENT;
  }

  /**
   * The value that the bytes spell.
   *
   * @throws ProtocolException if they are no pickle of plain data, or something follows it
   */
  @Nullable Object read() {
    while (true) {
      int opcode = in.unsignedByte("an opcode");
      if (opcode == '.') {
        return finish();
      }
      if (!scalar(opcode) && !container(opcode) && !memo(opcode)) {
        object(opcode);
      }
    }
  }

  private @Nullable Object finish() {
    if (top != 1 || markCount != 0) {
      throw broken(
          "it ends with "
              + top
              + " values and "
              + markCount
              + " marks on its stack, not with one value");
    }
    in.end();
    Object value = stack[0];
    new PickleShape(limits).check(value);
    return value;
  }

  private boolean scalar(int opcode) {
    switch (opcode) {
      case 'C' -> push(in.bytes(in.unsignedByte("a length")));
      case 'B' -> push(in.bytes(in.length()));
      case 0x8e -> push(in.bytes(in.longLength()));
      case 'X' -> push(in.text(in.length()));
      case 0x8c -> push(in.text(in.unsignedByte("a length")));
      case 0x8d -> push(in.text(in.longLength()));
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) in.unsignedByte("an int"));
      case 'M' -> push((long) in.unsignedShort());
      case 'J' -> push((long) in.signedInt());
      case 0x8a -> push(in.integer(in.unsignedByte("a length")));
      case 0x8b -> push(in.integer(in.length()));
      case 'G' -> push(in.binaryFloat());
      case 'U' -> push(in.latin1(in.unsignedByte("a length")));
      case 'T' -> push(in.latin1(in.length()));
      case 'I' -> push(PickleText.intOrBool(in.line()));
      case 'L' -> push(PickleText.integer(in.line()));
      case 'F' -> push(PickleText.floating(in.line()));
      case 'S' -> push(PickleText.quoted(in.line()));
      case 'V' -> push(PickleText.rawUnicodeEscape(in.line()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean container(int opcode) {
    switch (opcode) {
      case '(' -> mark();
      case ')' -> push(List.of());
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 't' -> tuple(toMark());
      case ']' -> push(new PyList());
      case 'l' -> push(new PyList(Arrays.asList(pop(toMark()))));
      case 'a' -> {
        Object item = pop();
        list().add(item);
      }
      case 'e' -> {
        Object[] items = pop(toMark());
        list().addAll(Arrays.asList(items));
      }
      case '}' -> push(new LinkedHashMap<@Nullable Object, @Nullable Object>());
      case 'd' -> {
        Object[] items = pop(toMark());
        push(new LinkedHashMap<@Nullable Object, @Nullable Object>());
        put(items);
      }
      case 's' -> {
        Object[] items = pop(2);
        put(items);
      }
      case 'u' -> {
        Object[] items = pop(toMark());
        put(items);
      }
      case '0' -> {
        if (markCount > 0 && marks[markCount - 1] == top) {
          markCount--;
        } else {
          pop();
        }
      }
      case '1' -> pop(toMark());
      case '2' -> push(peek());
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean memo(int opcode) {
    switch (opcode) {
      case 'p' -> memoize(PickleText.index(in.line()));
      case 'q' -> memoize(in.unsignedByte("a memo index"));
      case 'r' -> memoize(in.signedInt());
      case 0x94 -> memoize(memo == null ? 0 : memo.size());
      case 'g' -> recall(PickleText.index(in.line()));
      case 'h' -> recall(in.unsignedByte("a memo index"));
      case 'j' -> recall(in.signedInt());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void object(int opcode) {
    switch (opcode) {
      case 0x80 -> {
        int version = in.unsignedByte("a protocol");
        if (version > HIGHEST_PROTOCOL) {
          throw broken("it is of protocol " + version + "; 0 to 4 are allowed");
        }
      }
      case 0x95 -> in.frame();
      case 'c' -> push(globals.find(in.line(), in.line()));
      case 0x93 -> {
        Object name = pop();
        Object module = pop();
        push(globals.find(String.valueOf(module), String.valueOf(name)));
      }
      case 'R', 0x81 -> {
        Object arguments = pop();
        called(PickleGlobals.call(pop(), arguments));
      }
      case 'i' -> {
        Object[] arguments = pop(toMark());
        called(PickleGlobals.call(globals.find(in.line(), in.line()), Arrays.asList(arguments)));
      }
      case 'o' -> {
        Object[] all = pop(toMark());
        if (all.length == 0) {
          throw broken("an object has no class");
        }
        called(PickleGlobals.call(all[0], Arrays.asList(all).subList(1, all.length)));
      }
      case 'b' -> build();
      default -> throw refused(opcode);
    }
  }

  private void build() {
    Object state = pop();
    Object object = pop();
    Object built = PickleGlobals.build(object, state);
    push(built);
    if (++builds > MAX_BUILDS) {
      throw broken("it has more than " + MAX_BUILDS + " Prefixes, the most allowed");
    }
    if (memo != null) {
      // Python fills the object in place, so that what was memoized before is the same one.
      memo.replaceAll((index, value) -> value == object ? built : value);
    }
  }

  private void count(int values) {
    pushes += values;
    if (pushes > limits.maxItems()) {
      throw broken("it has more than " + limits.maxItems() + " values, the most allowed");
    }
  }

  private void push(@Nullable Object value) {
    count(1);
    if (top == stack.length) {
      stack = Arrays.copyOf(stack, top * 2);
    }
    stack[top++] = value;
  }

  private @Nullable Object pop() {
    Object value = peek();
    stack[--top] = null;
    return value;
  }

  private @Nullable Object peek() {
    need(1);
    return stack[top - 1];
  }

  /** Takes this many values off the stack, the deepest first. */
  private @Nullable Object[] pop(int count) {
    need(count);
    Object[] values = Arrays.copyOfRange(stack, top - count, top);
    top -= count;
    Arrays.fill(stack, top, top + count, null);
    return values;
  }

  private void need(int count) {
    int floor = markCount == 0 ? 0 : marks[markCount - 1];
    if (top - count < floor) {
      throw broken("an opcode needs " + count + " values, but the stack has " + (top - floor));
    }
  }

  private void mark() {
    if (markCount >= limits.maxItems()) {
      throw broken("it has more than " + limits.maxItems() + " marks, the most allowed");
    }
    if (markCount == marks.length) {
      marks = Arrays.copyOf(marks, markCount * 2);
    }
    marks[markCount++] = top;
  }

  /** Removes the topmost mark and says how many values stand above it. */
  private int toMark() {
    if (markCount == 0) {
      throw broken("an opcode needs a mark, but none is on the stack");
    }
    return top - marks[--markCount];
  }

  private void tuple(int size) {
    // An array of its own: nothing can change what a tuple holds.
    push(Arrays.asList(pop(size)));
  }

  /** The list on top of the stack. */
  private PyList list() {
    if (peek() instanceof PyList list) {
      return list;
    }
    throw broken("it appends to " + Words.kind(peek()) + ", which is no list");
  }

  /** A dict that is made again and again from the same pairs counts each time. */
  private void called(@Nullable Object result) {
    if (result instanceof Map<?, ?> dict) {
      count(dict.size());
    }
    push(result);
  }

  private void put(@Nullable Object[] items) {
    if (!(peek() instanceof Map<?, ?> target)) {
      throw broken("it sets an item of " + Words.kind(peek()) + ", which is no dict");
    }
    if (items.length % 2 != 0) {
      throw broken("a dict has a key without a value");
    }
    // Only container() makes maps, all of this type.
    @SuppressWarnings("unchecked")
    var map = (Map<@Nullable Object, @Nullable Object>) target;
    for (int i = 0; i < items.length; i += 2) {
      Dicts.put(map, items[i], items[i + 1]);
    }
  }

  private void memoize(int index) {
    if (memo == null) {
      memo = new HashMap<>();
    }
    if (memo.size() >= limits.maxItems()) {
      throw broken("it memoizes more than " + limits.maxItems() + " values, the most allowed");
    }
    memo.put(index, peek());
  }

  private void recall(int index) {
    if (memo == null || !memo.containsKey(index)) {
      throw broken("it recalls memo " + Integer.toUnsignedString(index) + ", which it never set");
    }
    push(memo.get(index));
  }

  private ProtocolException refused(int opcode) {
    String what =
        switch (opcode) {
          case 'P', 'Q' -> "a persistent reference";
          case 0x82, 0x83, 0x84 -> "an extension code";
          case 0x8f, 0x90, 0x91 -> "a set";
          case 0x92 -> "an object";
          case 0x96, 0x97, 0x98 -> "a buffer";
          default -> "the unknown opcode 0x" + Integer.toHexString(opcode);
        };
    return broken("it contains " + what + "; only plain data is allowed");
  }

  static ProtocolException broken(String why) {
    return new ProtocolException("the message is no acceptable pickle: " + why);
  }
}
