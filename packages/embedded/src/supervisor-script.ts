/** The line that reports the end of the server. No line of its log is like it: their first ones begin with a time, others with a tab. */
export const ENDED = 'ended'

/**
 * What the supervising shell does. Orders come on its standard input, one a line; their end means that the parent has
 * ended, or wants an end.
 *
 * - The server has a subshell that waits for it, because only its parent is told that a process is really gone. The
 *   subshell passes signals on: the shell cannot know the process id of its grandchild, and a file with it can be lost.
 * - A signal is repeated until it works: a process just started in the background ignores SIGINT until PostgreSQL's own
 *   handlers stand.
 * - Answers that nobody reads must not end the shell before it has tidied up, hence no SIGPIPE.
 */
export const supervisorScript = `
run=$1 data=$2 initdb=$3 sync=$4
shift 4
trap '' PIPE
clean() { exec env -i PATH="$PATH" LC_ALL=C TZ=UTC "$@" 2>&1 </dev/null; }
initialize() (clean "$initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-instructions $sync)
serve() {
  trap 'kill -INT $server' TERM
  trap 'kill -QUIT $server' USR1
  clean "$@" & server=$!
  while kill -0 $server; do wait $server; done
  echo ${ENDED}
}
end() { while kill "-$1" $serving; do sleep 0.05; done; }
while read -r order argument; do
  case $order in
    initialize) initialize; echo "initialized $?" ;;
    start) serve "$@" -p "$argument" & serving=$! ;;
    stop) end TERM ;;
    crash) end USR1 ;;
  esac
done
end TERM
rm -rf "$run"
`
