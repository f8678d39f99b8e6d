/** The benchmark: ZEORaid beside stock ZEO, on the same machine and in the same run. */
@NullMarked
package io.zeoraid.bench;

import org.jspecify.annotations.NullMarked;
