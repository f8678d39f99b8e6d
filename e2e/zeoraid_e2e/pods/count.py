"""In the writer's pod: how many transactions were acknowledged."""

try:
    with open('/tmp/log') as log:
        print(sum('"acknowledged"' in line for line in log))
except FileNotFoundError:
    print(0)
