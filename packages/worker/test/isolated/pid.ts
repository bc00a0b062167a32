export default () => process.pid
